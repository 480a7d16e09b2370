package analyze

import "github.com/rewave/rewave/internal/evaluation"

// SchemaVersion numbers the JSON form. It rises when a field changes its meaning or
// goes away, not when one is added.
const SchemaVersion = 1

// Result is what the table says. Rates and their differences are shares, means are
// in the column's own unit. What is nil does not exist, and a code says why.
type Result struct {
	SchemaVersion   int           `json:"schema_version"`
	File            string        `json:"file"`
	Rows            int64         `json:"rows"`     // counted
	LeftOut         int64         `json:"left_out"` // rows that could not be read
	ArmColumn       string        `json:"arm_column"`
	Control         string        `json:"control"`
	StratumColumn   string        `json:"stratum_column,omitempty"`
	CovariateColumn string        `json:"covariate_column,omitempty"`
	ClusterColumn   string        `json:"cluster_column,omitempty"`
	Clusters        *ClusterCount `json:"clusters,omitempty"` // nil: each row stands for itself
	Alpha           float64       `json:"alpha"`
	Adjusted        string        `json:"adjusted"` // how p-values of several arms are: "holm", or "none" of one

	Arms     []Arm          `json:"arms"` // the control first, the others by name
	SRM      SampleRatio    `json:"srm"`
	Balances []Balance      `json:"balance,omitempty"` // of the covariate, of each arm but the control
	Metrics  []MetricResult `json:"metrics"`           // as asked; the first is the primary
}

// Arm is one arm of the table.
type Arm struct {
	Arm     string   `json:"arm"`
	N       int64    `json:"n"`
	Planned *float64 `json:"planned_share"` // nil: not said

	Clusters *int64 `json:"clusters,omitempty"` // that have rows in it
}

// ClusterCount is how many clusters the rows belong to.
type ClusterCount struct {
	N      int64 `json:"n"`
	Shared int64 `json:"in_several_arms"`
}

// SampleRatio is the check that the arms have the planned sizes.
type SampleRatio struct {
	Chi2     *float64        `json:"chi2"`
	P        *float64        `json:"p"`
	Valid    bool            `json:"valid"` // the arms may be compared
	Code     evaluation.Code `json:"code,omitempty"`
	Sentence string          `json:"sentence,omitempty"`
}

// Figure is an estimate with its interval. NT and NC are the rows it is of.
type Figure struct {
	Estimate *float64        `json:"estimate"`
	Lo       *float64        `json:"lo"`
	Hi       *float64        `json:"hi"`
	Method   string          `json:"method"`
	NT       int64           `json:"n_t"`
	NC       int64           `json:"n_c"`
	Valid    bool            `json:"valid"` // estimate and both ends are there and may be relied on
	Code     evaluation.Code `json:"code,omitempty"`
}

// MetricResult is one metric in all arms.
type MetricResult struct {
	Metric      string       `json:"metric"`
	Column      string       `json:"column"`
	Kind        Kind         `json:"kind"`
	Primary     bool         `json:"primary"`
	BreakEven   *float64     `json:"break_even"`
	Cap         *CapResult   `json:"cap"`
	Arms        []ArmResult  `json:"arms"`
	Comparisons []Comparison `json:"comparisons"` // of each arm but the control
	Notes       []Note       `json:"notes"`
}

// CapResult is the most that one row counts for.
type CapResult struct {
	Value    float64  `json:"value"`
	Quantile *float64 `json:"quantile"` // nil: it was said
	From     string   `json:"from"`     // "table", "value", or the file's column it was taken from
	Above    int64    `json:"rows_above"`
	Removed  *float64 `json:"share_removed"` // of the metric's total
}

// ArmResult is one metric in one arm.
type ArmResult struct {
	Arm     string   `json:"arm"`
	Some    int64    `json:"some"`    // rows where it is not 0
	Total   *float64 `json:"total"`   // as it is
	Mean    Figure   `json:"mean"`    // a rate, or the mean of the capped values
	Whole   *Figure  `json:"whole"`   // the mean as it is; nil where nothing is capped
	Largest *float64 `json:"largest"` // of one row, or of the rows of one cluster, as it is and without its sign

	Decisive bool   `json:"decisive"`                     // that makes more than a quarter of the arm's total
	Clusters *int64 `json:"clusters_with_some,omitempty"` // whose rows do not add up to 0
}

// Comparison is one arm minus the control.
type Comparison struct {
	Arm        string   `json:"arm"`
	Difference Figure   `json:"difference"`        // capped
	Family     *Figure  `json:"family_difference"` // at alpha over the number of arms; nil: there is only one
	Relative   Figure   `json:"relative"`          // ratio minus 1
	Whole      *Figure  `json:"whole_difference"`  // as it is; nil where nothing is capped
	Skew       *float64 `json:"skew"`              // A of Hall's transformation
	P          *float64 `json:"p"`                 // of Difference

	Exact      *Exact      `json:"exact,omitempty"`        // nil: the arms are not tiny
	Adjustment *Adjustment `json:"adjustment,omitempty"`   // nil: no covariate, or a rate
	Inflation  *float64    `json:"se_inflation,omitempty"` // error by clusters, by that of rows as if independent

	Adjusted  *float64 `json:"p_adjusted"`     // over the arms
	Direction string   `json:"direction"`      // "up", "down", "open", "refused"
	Pays      string   `json:"pays,omitempty"` // against the break-even: "pays", "loses", "open"; empty: none was said, or refused
	Sentence  string   `json:"sentence"`       // what it says, or why it does not
	Strata    *Strata  `json:"strata"`         // nil: not asked
}

// Exact is Fisher's test of the same rates.
type Exact struct {
	P   *float64 `json:"p"`
	Mid *float64 `json:"mid_p"`
}

// Strata are a comparison stratum by stratum.
type Strata struct {
	Each []Stratum `json:"each"` // by name

	// Overall weighs each stratum's difference with its share of all rows.
	Overall Figure `json:"overall"`

	Q    *float64        `json:"q"` // of Cochran, over the strata whose difference is valid
	DF   int             `json:"df"`
	P    *float64        `json:"p"` // that the effect is the same in all of them
	Code evaluation.Code `json:"code,omitempty"`
}

// Stratum is one of them.
type Stratum struct {
	Stratum    string   `json:"stratum"`
	Share      float64  `json:"share"` // of all rows
	Treat      *float64 `json:"treat"`
	Hold       *float64 `json:"control"`
	Difference Figure   `json:"difference"`
}

// Note qualifies a metric without stopping it.
type Note struct {
	Code     evaluation.Code `json:"code"`
	Arm      string          `json:"arm,omitempty"`
	Sentence string          `json:"sentence"`
}

// Directions and answers.
const (
	Up      = "up"
	Down    = "down"
	Open    = "open"
	Refused = "refused"
	Pays    = "pays"
	Loses   = "loses"
)

// Codes besides those of evaluation.
const (
	NotPlanned evaluation.Code = "not_checked" // planned sizes were not said
	CapNothing evaluation.Code = "cap_zero"    // the cap leaves nothing of the metric
	CapSign    evaluation.Code = "cap_sign"    // capped and as it is, the difference has another sign
	CapMuch    evaluation.Code = "cap_much"    // the cap takes more than a quarter of the metric away
	CapOwn     evaluation.Code = "cap_own"     // the cap is of the table itself, not fixed before
	Tiny       evaluation.Code = "tiny"        // an arm has fewer than 30 rows with or without it
	Missing    evaluation.Code = "missing"     // a stratum without rows of one of the arms
)
