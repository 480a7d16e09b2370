package model_test

import (
	"testing"

	"github.com/rewave/rewave/internal/model"
)

// A shop of a million customers and three years, as it is fitted weekly and scored
// daily. Each should take no more than two seconds.
var million = model.Params{Version: 1, Kind: model.MBG, Unit: model.Week, R: .5, Alpha: 8, A: .9, B: 2}

func BenchmarkFitAMillionByWeek(b *testing.B) {
	customers, until := shop(million, 1_000_000, 156, 1)
	b.ResetTimer()
	var fit model.Fit
	var d model.Data
	for b.Loop() {
		d = model.Group(customers, until, model.Weekly)
		fit = model.Estimate(d, model.Options{})
	}
	if !fit.Converged {
		b.Errorf("%+v", fit)
	}
	b.ReportMetric(float64(len(d.Triples)), "triples")
	b.ReportMetric(float64(fit.Iterations), "iterations")
}

func BenchmarkScoreAMillion(b *testing.B) {
	customers, until := shop(million, 1_000_000, 156, 1)
	b.ResetTimer()
	for b.Loop() {
		var sum float64
		for _, c := range customers {
			alive, expected := million.Score(c.At(until), 13)
			sum += alive + expected
		}
		if !(sum > 0) {
			b.Error(sum)
		}
	}
}

func BenchmarkBand(b *testing.B) {
	customers, until := shop(truth, 5_000, 104, 1)
	fit := model.Estimate(model.Group(customers, until, model.Daily), model.Options{})
	spend := model.EstimateSpend(model.Spenders(customers), model.SpendOptions{})
	draws, ok := model.NewDraws(fit.Params, spend.Params)
	if !ok {
		b.Fatal(fit, spend)
	}
	b.ResetTimer()
	for b.Loop() {
		draws.Band(model.Terms{Weeks: 52, Discount: .15, Margin: .3}, history(2, 30, 38), 2000)
	}
}
