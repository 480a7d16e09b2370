package model

import (
	"fmt"
	"math"

	"github.com/rewave/rewave/internal/fault"
)

// Kind is which model of purchases.
type Kind string

// Name is how people call it.
func (k Kind) Name() string {
	switch k {
	case MBG:
		return "MBG/NBD"
	case BG:
		return "BG/NBD"
	case NBD:
		return "NBD"
	}
	return string(k)
}

const (
	MBG Kind = "mbg" // MBG/NBD: one may be gone after any order
	BG  Kind = "bg"  // BG/NBD: one may be gone after any order but the first
	NBD Kind = "nbd" // nobody is ever gone; what a fit falls back to when it finds that
)

// Version is that of the written form of Params and SpendParams.
const Version = 1

// Params are the fitted numbers of a model of purchases. They may be kept as JSON
// and frozen: every prediction depends on them and a History only.
type Params struct {
	Version int     `json:"version"`
	Kind    Kind    `json:"kind"`
	Unit    string  `json:"time_unit"` // Week
	R       float64 `json:"r"`         // rates: shape
	Alpha   float64 `json:"alpha"`     // rates: Unit per purchase; the mean rate is R/Alpha
	A       float64 `json:"a"`         // chances to be gone: the mean is A/(A+B); 0 for NBD
	B       float64 `json:"b"`         // 0 for NBD

	Customers     int     `json:"customers"`      // fitted on
	LogLikelihood float64 `json:"log_likelihood"` // of all of them together

	// Covariance is that of the logarithms of R, Alpha, A and B (of R and Alpha for
	// NBD), from the observed information; nil where the data do not determine all.
	Covariance [][]float64 `json:"covariance,omitempty"`
}

// Check is nil for parameters that this version can predict with.
func (p Params) Check() error {
	positive := func(values ...float64) bool {
		for _, v := range values {
			if !(v > 0) || math.IsInf(v, 1) {
				return false
			}
		}
		return true
	}
	wrong := ""
	switch {
	case p.Version != Version:
		wrong = fmt.Sprintf("version %d, not %d", p.Version, Version)
	case p.Unit != Week:
		wrong = fmt.Sprintf("time in %q, not in weeks", p.Unit)
	case p.Kind != MBG && p.Kind != BG && p.Kind != NBD:
		wrong = fmt.Sprintf("there is no kind %q; there are mbg, bg and nbd", p.Kind)
	case !positive(p.R, p.Alpha), p.Kind != NBD && !positive(p.A, p.B):
		wrong = "a parameter is not above 0"
	default:
		return nil
	}
	return fault.New(fault.Invalid, "parameters of a model: "+wrong, "fit the model again")
}

// Errors are the standard errors of R, Alpha, A and B, in their order, by the
// delta method; ok is false without a covariance.
func (p Params) Errors() (se []float64, ok bool) {
	if p.Covariance == nil {
		return nil, false
	}
	for i, v := range p.natural() {
		se = append(se, v*math.Sqrt(p.Covariance[i][i]))
	}
	return se, true
}

// natural are the parameters that the kind has.
func (p Params) natural() []float64 {
	if p.Kind == NBD {
		return []float64{p.R, p.Alpha}
	}
	return []float64{p.R, p.Alpha, p.A, p.B}
}

// logs are natural on the scale on which they are fitted, time divided by scale.
func (p Params) logs(scale float64) []float64 {
	theta := p.natural()
	for i, v := range theta {
		theta[i] = math.Log(v)
	}
	theta[1] -= math.Log(scale)
	return theta
}

// with is p with the parameters of theta, which is as logs gives it.
func (p Params) with(theta []float64, scale float64) Params {
	p.R, p.Alpha, p.A, p.B = math.Exp(theta[0]), math.Exp(theta[1])*scale, 0, 0
	if p.Kind != NBD {
		p.A, p.B = math.Exp(theta[2]), math.Exp(theta[3])
	}
	return p
}
