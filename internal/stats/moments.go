package stats

// Moments are the power sums of one metric over the units of one arm, zeros
// included: all that means, variances and skewness need. Those of disjoint sets
// of units add up.
type Moments struct {
	N    int64   `json:"n"`
	Sum  float64 `json:"sum"`
	Sum2 float64 `json:"sum2"` // of squares
	Sum3 float64 `json:"sum3"` // of cubes
}
