package stats

// UpperBound is what a rate stays below with a confidence of 1-alpha, one-sided:
// alpha is the share of the upper tail alone, below a half. wilson is the usual,
// exact the one that never promises too much. For harm that has no natural rate to
// compare with, as complaints. Not defined for an empty arm.
func UpperBound(c Count, alpha float64) (wilson, exact float64, ok bool) {
	score, ok := Wilson(c, 2*alpha)
	if !ok {
		return 0, 0, false
	}
	clopper, _ := ClopperPearson(c, 2*alpha)
	return score.Hi, clopper.Hi, true
}

// NonInferior tests that harm (treat minus control, above 0 is worse) is less than
// margin: z and the one-sided p-value of the harm being at least that. Small p says
// that it is acceptable. Not defined when a figure is no number.
func NonInferior(harm Effect, margin float64) (z, p float64, ok bool) {
	if !harm.usable() || !finite(margin-harm.Value) {
		return 0, 1, false
	}
	z = over(margin-harm.Value, harm.SE*harm.SE)
	return z, NormalCDF(-z), true
}
