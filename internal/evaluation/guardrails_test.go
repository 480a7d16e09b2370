package evaluation_test

import (
	"fmt"
	"testing"

	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/stats"
)

// 18 of 9,000: at most .2938 % (one-sided, Wilson). Text messages have no complaints to speak of.
func TestLimitsOfHarm(t *testing.T) {
	t.Parallel()
	var got []string
	for _, l := range evaluation.Limits([]evaluation.HarmInput{
		{Channel: "email", Sent: 9000, Complained: 18, Unsubscribed: 0}, {Channel: "sms", Sent: 1000, Unsubscribed: 12}, {Channel: "push", Sent: 500}, {Channel: "none"},
	}) {
		got = append(got, fmt.Sprintf("%s %s %.6f %s", l.Channel, l.Name, *l.Bound, l.State))
	}
	want := []string{"email complaints 0.002938 care", "email unsubscriptions 0.000301 pass", "sms unsubscriptions 0.019124 fail", "push unsubscriptions 0.005382 open"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
}

func TestRefundsPerEnrolled(t *testing.T) {
	t.Parallel()
	in := func(n, returned int64, minor float64) evaluation.ReturnInput {
		return evaluation.ReturnInput{Refunds: alike(n, returned, minor),
			Orders: stats.Pairs{X: alike(n, 4*returned, 1), Y: alike(n, returned, 1), XY: float64(returned)}}
	}
	reasons := []evaluation.ReasonInput{{Reason: "", Arm: holdout.Treat, Orders: 10}, {Reason: "too small", Arm: holdout.Treat, Orders: 90}, {Reason: "too small", Arm: holdout.Hold, Orders: 80}, {Reason: "", Arm: holdout.Hold, Orders: 20}}
	r := judged().Refunds(in(90_000, 900, 5000), in(10_000, 100, 5000), reasons)
	near(t, "treat", *r.Treat, 0.5)
	near(t, "difference", *r.Difference.Estimate, 0)
	near(t, "return rate", *r.TreatRate.Estimate, 0.25)
	// 0.05 of margin by the standard error of treat less 1.1 of the holdout, 0.057: it is not told.
	if r.State != "open" || *r.P < 0.1 {
		t.Errorf("%s, p %v", r.State, *r.P)
	}
	if len(r.Reasons) != 2 || r.Reasons[0] != (evaluation.Reason{Reason: "too small", Treat: 90, Hold: 80}) || r.ReasonsP == nil {
		t.Errorf("%+v", r.Reasons)
	}
	if r := judged().Refunds(in(900_000, 9000, 5000), in(100_000, 1400, 5000), nil); r.State != "pass" || len(r.Reasons) != 0 {
		t.Errorf("fewer refunds: %s, %v", r.State, *r.P)
	}
	if r := judged().Refunds(in(9000, 0, 0), in(1000, 0, 0), reasons[:1]); r.State != "open" || r.P != nil || len(r.Reasons) != 0 {
		t.Errorf("no refunds: %+v", r)
	}
}
