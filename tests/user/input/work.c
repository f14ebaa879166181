typedef unsigned long u64;
struct node { struct node *next; u64 key; double weight; };
static u64 mix(u64 x) { x ^= x >> 33; x *= 0xff51afd7ed558ccdUL; x ^= x >> 29; return x; }
double walk(const struct node *n, u64 (*f)(u64)) {
    double sum = 0;
    for (; n; n = n->next) {
        switch (n->key & 7) {
        case 0: sum += n->weight; break;
        case 1: sum -= n->weight * 2; break;
        case 5: sum *= 1.5; break;
        default: sum += (double)(mix(n->key) % 1000) / (double)(f(n->key) | 1);
        }
    }
    return sum;
}
void saxpy(float *restrict y, const float *restrict x, float a, int n) {
    for (int i = 0; i < n; i++) y[i] += a * x[i];
}
int collatz(u64 n) { int steps = 0; while (n != 1) { n = n & 1 ? 3 * n + 1 : n / 2; steps++; } return steps; }
