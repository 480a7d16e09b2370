package report_test

import (
	"strings"
	"testing"

	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/report"
)

// addPanels are what a campaign that pays says beside rates and money.
func addPanels(r *report.Report) {
	r.Price = &evaluation.Price{Point: "overall_30d",
		PerOrder: evaluation.Figure{Estimate: ptr(7.12), Lo: ptr(4.63), Hi: ptr(15.4), Method: "fieller"},
		Return:   evaluation.Figure{Estimate: ptr(1.83), Lo: ptr(0.11), Hi: ptr(3.62), Method: "fieller"}, ByHoldout: interval(1611.5, 1523.6, "hall"),
		Parts: &evaluation.Parts{MoreBuyers: 2.78, BiggerBaskets: -0.14},
		Coupons: &evaluation.Coupons{Given: 6259, Redeemed: 563, Leaked: 4, Redeemers: 551,
			Subsidised: evaluation.Figure{Lo: ptr(0.514), Hi: ptr(1.0), Method: "monotone_bounds"}},
	}
	r.Credited = &evaluation.Credited{Point: "overall_30d", Hours: 120, Orders: 2120, Credited: 1187, Revenue: 73_994.2,
		Incremental: interval(310.8, 158, "hall"), Earned: interval(20_900, 11_100, "hall"), Times: ptr(3.82)}
}

// addUnsurePanels are what one that costs buyers has to say.
func addUnsurePanels(r *report.Report) {
	r.Price = &evaluation.Price{Point: "overall_30d",
		PerOrder: evaluation.Figure{Estimate: ptr(31.1), Method: "fieller", Code: evaluation.Unbounded},
		Return:   evaluation.Figure{Method: "fieller", Code: evaluation.E11}, ByHoldout: interval(-2520, 1494, "hall"),
		Coupons: &evaluation.Coupons{Given: 6259, Redeemed: 563, Redeemers: 551, Prevented: true,
			Subsidised: evaluation.Figure{Lo: ptr(0.0), Hi: ptr(1.0), Method: "monotone_bounds"}},
	}
	r.Credited = &evaluation.Credited{Point: "overall_30d", Hours: 120, Orders: 1640, Credited: 907, Revenue: 56_012,
		Incremental: interval(-175, 158, "hall"), Earned: evaluation.Figure{Method: "hall", Code: evaluation.E11}}
}

// What is not known is said so, and a bound that does not hold is flagged.
func TestPanelsSayWhatTheyCannot(t *testing.T) {
	t.Parallel()
	said := strings.Join(strings.Fields(render(t, scenes(t)["shop-loses"], "txt")), " ")
	for _, want := range []string{
		"cannot be bounded: the campaign may have produced no extra orders",
		"Fewer bought than in the holdout, so the usual bounds do not hold",
		"The campaign cost orders: -175",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q", want)
		}
	}
	if strings.Contains(said, "3.8 times") {
		t.Error("times what may be nothing")
	}
}

// A panel's picture is never without the table that says the same.
func TestPanelsHaveTables(t *testing.T) {
	t.Parallel()
	page := render(t, scenes(t)["shop-pays"], "html")
	for _, want := range []string{"What it cost", `id="credited-narrow"`, "The same window counted twice", "51-100 % of codes went to people who would have bought anyway"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in the page", want)
		}
	}
}
