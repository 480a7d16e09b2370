package analyze

import "github.com/rewave/rewave/internal/evaluation"

// Question is what is asked of a table.
type Question struct {
	File    string // the table, as a person knows it
	Arm     string // the column that names each row's arm
	Control string // the arm that the others are held against
	Stratum string // the column that divides the rows; empty: none

	// Covariate is a Number known before the arms were drawn, Cluster the column
	// that names whose row it is; empty: none. A question with a cluster has neither
	// stratum nor covariate.
	Covariate, Cluster string

	Shares  []Share
	Equal   bool     // in place of shares: every arm was to have the same size
	Metrics []Metric // the first is the primary
	Alpha   float64  // two-sided, in (0,1)
}

// Share is the planned size of an arm, as a weight. Without any the sizes are not
// checked.
type Share struct {
	Arm    string
	Weight float64 // positive
}

// Metric is one column of outcomes.
type Metric struct {
	Name, Column string
	Kind         Kind
	Cap          Cap
	BreakEven    *float64 // the difference at which it pays: a share for Binary, else in the column's unit
}

// Cap bounds what one row of Money or a Number counts for. The zero value is the
// house's rule: of money the 99.5 % quantile of the table, or the 99 % one where
// the control has fewer than 1,000 rows; of numbers none.
type Cap struct {
	Fixed    bool    // at Units, whatever the table has
	Units    int64   // whole units of the metric's kind
	Quantile float64 // of the table, all arms together; or of what the cap was taken from
	From     string  // what a fixed cap was taken from: a file's column; empty: it was said
	None     bool
}

// quantile is what share of the table lies below the cap, given the rows of the
// control; 0 where the table has no say in it.
func (m Metric) quantile(control int64) float64 {
	switch {
	case m.Kind == Binary, m.Cap.Fixed, m.Cap.None:
		return 0
	case m.Cap.Quantile > 0:
		return m.Cap.Quantile
	case m.Kind == Number:
		return 0
	}
	return evaluation.CapQuantile(control)
}
