package model

// Code names what is wrong with a fit; programs may branch on it.
type Code string

// The codes, and what a fit does about each.
const (
	// TooFew: fewer than 200 repeat purchases. Nothing was fitted.
	TooFew Code = "too_few_repeats"

	// NotConverged: no start, the first and those near it, ended in an optimum, so
	// that a weak prior, N(0, 3²) on each logarithm, holds the parameters.
	NotConverged Code = "not_converged"

	// NoChurn: nobody is ever gone, a goes to 0. Params are those of an NBD.
	NoChurn Code = "no_churn"

	// Homogeneous: everybody has the same rate or the same chance to be gone, a
	// logarithm above 12. It was capped; only ratios of parameters mean something.
	Homogeneous Code = "homogeneous"

	// Flat: the data do not determine all parameters. There are no standard errors.
	Flat Code = "flat"

	// ImpossibleRows: some customers were left out, see Rejected.
	ImpossibleRows Code = "impossible_rows"

	// OneTimeAlive: a BG/NBD holds everyone who bought once for alive.
	OneTimeAlive Code = "one_time_alive"

	// Treated: customers who were written to are among the data, so what they
	// would have done unasked is predicted too high.
	Treated Code = "treated"

	// CalibrationOff: forecasts by decile are off by more than 30 %. Rules must not use
	// the model.
	CalibrationOff Code = "calibration_off"

	// CalibrationThin: too few purchases after the day to judge.
	CalibrationThin Code = "calibration_thin"

	// Correlated: |corr(x, mean)| > .3. Money is not independent of frequency as
	// the Gamma-Gamma model assumes.
	Correlated Code = "money_follows_frequency"

	// TooFewSpenders: fewer than 100 customers with a repeat purchase that cost
	// something. Nothing was fitted.
	TooFewSpenders Code = "too_few_spenders"
)

// Warning is one thing to know before believing a fit: its text is for people, a
// sentence and what to do.
type Warning struct {
	Code Code   `json:"code"`
	Text string `json:"text"`
}
