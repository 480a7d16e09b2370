package model

// Gradients of both likelihoods, for finite differences.

func MeanLogLikelihood(kind Kind, d Data, theta, grad []float64) float64 {
	return newLikelihood(kind, d, d.maxT).at(theta, grad)
}

func MeanSpendLogLikelihood(list []Spender, theta, grad []float64) float64 {
	return newGammaGamma(list).at(theta, grad)
}
