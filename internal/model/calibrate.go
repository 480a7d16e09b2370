package model

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// Outcome is a customer as of the last day of a fit, and what came after.
type Outcome struct {
	History
	Actual int // days with a purchase in the weeks after
}

// Row is one group of customers of a calibration: purchases of all of them.
type Row struct {
	Group     string  `json:"group"` // "0" to "6", "7+"; or a decile, "1" expecting the least
	Customers int     `json:"customers"`
	Predicted float64 `json:"predicted"`
	Actual    int     `json:"actual"`
}

// Calibration holds a forecast against what came.
type Calibration struct {
	Weeks     float64 `json:"weeks"`
	Customers int     `json:"customers"`
	Predicted float64 `json:"predicted"`
	Actual    int     `json:"actual"`
	ByX       []Row   `json:"by_frequency"`
	ByDecile  []Row   `json:"by_decile"`

	// DecileError is the sum of what the deciles are off, relative to all that came.
	// NaN is not among its values: it is 0 where nothing came and nothing was predicted.
	DecileError float64 `json:"decile_error"`

	MAE         float64 `json:"mae"` // of a customer
	RMSE        float64 `json:"rmse"`
	Correlation float64 `json:"correlation"` // of forecast and actual

	// Usable says whether rules may speak of the model: the deciles are off by at
	// most 30 %, and there was enough to see it.
	Usable   bool      `json:"usable"`
	Warnings []Warning `json:"warnings"`
}

const (
	maxDecileError = 0.30
	minActual      = 100 // purchases below which chance alone moves the deciles by as much
	mostX          = 7   // of the rows by frequency, and above
)

// Calibrate holds the forecasts of parameters that were fitted before against the
// weeks after the day of the histories.
func (p Params) Calibrate(outcomes []Outcome, weeks float64) Calibration {
	c := Calibration{Weeks: weeks, Customers: len(outcomes), Warnings: []Warning{}}
	type forecast struct {
		Outcome
		expected float64
	}
	list := make([]forecast, len(outcomes))
	c.ByX = make([]Row, mostX+1)
	for x := range c.ByX {
		c.ByX[x].Group = strconv.Itoa(x)
	}
	c.ByX[mostX].Group += "+"
	var mean, actual, ee, aa, ea float64
	for i, o := range outcomes {
		e := p.Expected(o.History, weeks)
		list[i] = forecast{o, e}
		c.ByX[min(o.X, mostX)].add(o.Actual, e)
		c.Predicted += e
		c.Actual += o.Actual
		off := e - float64(o.Actual)
		c.MAE += math.Abs(off)
		c.RMSE += off * off
	}
	n := float64(len(outcomes))
	if n > 0 {
		c.MAE, c.RMSE = c.MAE/n, math.Sqrt(c.RMSE/n)
		mean, actual = c.Predicted/n, float64(c.Actual)/n
	}
	for _, f := range list {
		de, da := f.expected-mean, float64(f.Actual)-actual
		ee, aa, ea = ee+de*de, aa+da*da, ea+de*da
	}
	if ee > 0 && aa > 0 {
		c.Correlation = ea / math.Sqrt(ee*aa)
	}
	// Stable, and blind to what came: equal forecasts stay as they were given.
	slices.SortStableFunc(list, func(a, b forecast) int { return cmp.Compare(a.expected, b.expected) })
	const deciles = 10
	for i := range deciles {
		row := Row{Group: strconv.Itoa(i + 1)}
		for _, f := range list[i*len(list)/deciles : (i+1)*len(list)/deciles] {
			row.add(f.Actual, f.expected)
		}
		c.ByDecile = append(c.ByDecile, row)
		c.DecileError += math.Abs(row.Predicted - float64(row.Actual))
	}
	c.DecileError /= max(1, float64(c.Actual))
	switch {
	case c.Actual < minActual:
		c.Warnings = append(c.Warnings, Warning{CalibrationThin, fmt.Sprintf("%d purchases came after the day, too few to judge the forecast; rules must not use it yet", c.Actual)})
	case c.DecileError > maxDecileError:
		c.Warnings = append(c.Warnings, Warning{CalibrationOff, fmt.Sprintf("forecasts by decile are off by %.0f %%, more than 30 %%: rules must not use the model; a season or a promotion may be in the data, so fit on two seasons", 100*c.DecileError)})
	default:
		c.Usable = true
	}
	return c
}

func (r *Row) add(actual int, predicted float64) {
	r.Customers++
	r.Actual += actual
	r.Predicted += predicted
}
