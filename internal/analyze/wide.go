package analyze

import (
	"math/big"
	"math/bits"
)

// wide is a whole number of 192 bits, two's complement, lowest word first: cubes of
// 2^53 of more rows than a file has do not overflow it.
type wide [3]uint64

func (w *wide) add(o wide) {
	var carry uint64
	for i := range w {
		w[i], carry = bits.Add64(w[i], o[i], carry)
	}
}

func (w *wide) sub(o wide) {
	var borrow uint64
	for i := range w {
		w[i], borrow = bits.Sub64(w[i], o[i], borrow)
	}
}

// float is the nearest float64.
func (w wide) float() float64 {
	negative := w[2]>>63 == 1
	if negative {
		var zero wide
		zero.sub(w)
		w = zero
	}
	x := new(big.Int)
	for i := len(w) - 1; i >= 0; i-- {
		x.Lsh(x, 64).Or(x, new(big.Int).SetUint64(w[i]))
	}
	f, _ := new(big.Float).SetInt(x).Float64()
	if negative {
		f = -f
	}
	return f
}

// product is a*b for |a|, |b| below 2^63.
func product(a, b int64) wide {
	var w wide
	w[1], w[0] = bits.Mul64(uint64(abs(a)), uint64(abs(b)))
	if a < 0 != (b < 0) {
		var zero wide
		zero.sub(w)
		return zero
	}
	return w
}

// times is w*v for a w of at most 2^107 without its sign, |v| at most largest.
func (w wide) times(v int64) wide {
	negative := w[2]>>63 == 1
	var zero wide
	if negative {
		low := zero
		low.sub(w)
		w = low
	}
	h0, l0 := bits.Mul64(w[0], uint64(abs(v)))
	h1, l1 := bits.Mul64(w[1], uint64(abs(v)))
	middle, carry := bits.Add64(h0, l1, 0)
	w = wide{l0, middle, h1 + carry}
	if negative != (v < 0) {
		zero.sub(w)
		return zero
	}
	return w
}

// powers are the sums of values, of their squares and of their cubes.
type powers [3]wide

// add counts v once more; |v| is at most largest.
func (p *powers) add(v int64) {
	one := wide{uint64(abs(v))}
	hi, lo := bits.Mul64(one[0], one[0])
	two := wide{lo, hi}
	h0, l0 := bits.Mul64(lo, one[0])
	h1, l1 := bits.Mul64(hi, one[0])
	middle, carry := bits.Add64(h0, l1, 0)
	three := wide{l0, middle, h1 + carry}
	p[1].add(two)
	if v < 0 {
		p[0].sub(one)
		p[2].sub(three)
		return
	}
	p[0].add(one)
	p[2].add(three)
}

func (p *powers) merge(o powers) {
	for i := range p {
		p[i].add(o[i])
	}
}

func (p *powers) less(o powers) {
	for i := range p {
		p[i].sub(o[i])
	}
}

func abs(v int64) int64 { return max(v, -v) }
