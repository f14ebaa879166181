function rng(s) { return () => (s = Math.imul(s, 1103515245) + 12345 | 0) >>> 0 }
const r = rng(42), a = [];
for (let i = 0; i < 50000; i++) a.push(r());
a.sort((x, y) => x - y);
const m = new Map();
for (const v of a) m.set(v % 4093, (m.get(v % 4093) || 0) + 1);
let s = 0;
for (let i = 0; i < 1e6; i++) s = (s + a[i % a.length] * ((i & 7) + 0.5)) % 1e9;
const o = JSON.parse(JSON.stringify({ a: a.slice(0, 2000), t: 'x'.repeat(1000) }));
console.log(a[5], m.size, s.toFixed(3), o.a.length, /(\d+)-(\d+)/.exec('abc12-34').slice(1).join());
console.log(2n ** 100n, 0.1 + 0.2, (123.456).toString(2), 1e21, -0, Number('0x1f'), [3, 1, 2].sort());
console.log([...'naïve'].reverse().join(''), new Date(0).toISOString(), typeof Symbol(), NaN | 0, 2 ** 31 | 0);
class A { #x = 1; get x() { return this.#x } } console.log(new A().x, Math.sin(1), Math.fround(0.1), Math.hypot(3, 4));
try { null.x } catch (e) { console.log(e.constructor.name) }
(async () => { for (const x of [1, 2, 3]) await null, console.log('async', x) })();
setTimeout(() => console.log('timer'), 5);
if (typeof WebAssembly !== 'undefined') {
  const w = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(
  [0,97,115,109,1,0,0,0,1,7,1,96,2,127,127,1,127,3,2,1,0,7,7,1,3,97,100,100,0,0,10,9,1,7,0,32,0,32,1,106,11])));
  console.log('wasm', w.exports.add(40, 2));
}
