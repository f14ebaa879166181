import _thread, time
lock, done, total = _thread.allocate_lock(), [], [0]
def work(n):
    for i in range(3000):
        with lock: total[0] += i * n % 5
    with lock: done.append(n)
for n in range(4): _thread.start_new_thread(work, (n,))
while len(done) < 4: time.sleep(0.01)
print(sorted(done), total[0])
