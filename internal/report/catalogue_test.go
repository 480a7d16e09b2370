package report_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/report"
)

// Every label that a rendering asks for by name is in the catalogue, so that no
// report stops on a path that is rarely walked.
func TestEveryLabelIsInTheCatalogue(t *testing.T) {
	t.Parallel()
	asked := regexp.MustCompile(`[sS]ay(?:Count)?\(?\s?"([\w.-]*\w)"[,)} ]`)
	found := 0
	for _, pattern := range []string{"*.go", "*.tmpl"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, match := range asked.FindAllSubmatch(text, -1) {
				found++
				known(t, string(match[1]))
			}
		}
	}
	if found < 60 {
		t.Errorf("only %d labels found in the sources", found)
	}
	for _, verdict := range []string{"PAYS", "LOSES", "OPEN", "REFUSED", "PROVISIONAL", "NONE", "E02", "PAYS.zero", "LOSES.zero", "aa"} {
		known(t, "verdict."+verdict)
	}
	for _, arm := range []string{"treat", "hold", "global_hold", "treat.aa", "hold.aa"} {
		known(t, "arm."+arm)
	}
	for _, code := range []string{"E01", "E02", "E03", "E04", "E05", "E09", "E10", "E11", "other"} {
		known(t, "code."+code)
	}
	for _, code := range []string{"E01", "E02", "E03", "E04", "E05", "E09", "E11"} {
		known(t, "check."+code)
	}
	for _, metric := range []string{evaluation.MetricOrders, evaluation.MetricRevenue, evaluation.MetricProfit} {
		known(t, "money.of."+metric)
	}
	for _, word := range []string{"holdout", "natural", "effect", "range", "needs", "profit", "cap", "look", "skip"} {
		known(t, "word."+word)
		known(t, "word."+word+".is")
	}
	for _, state := range delivery.States {
		known(t, "state."+string(state))
	}
	// What the gate and the senders write; a provider's own text stays as it is.
	for _, reason := range []audience.Reason{
		audience.Erased, audience.NoAddress, audience.Suppressed, audience.NoConsent, audience.OptedOut, audience.Repurchased, audience.Capped,
		audience.QuietHours, audience.OutsideWindow, audience.Paused, audience.OnHold, audience.Cancelled, audience.Requires, audience.Late, audience.Held,
		audience.Holdout, audience.Template, audience.ComplaintOpen, audience.Dispute, audience.FeedStale, audience.Outranked,
		audience.CouponsGone, audience.Budget, audience.Rate, audience.Skip, audience.ProviderRests, audience.WarmUp,
		audience.Merged, audience.CoolingDown, audience.Blackout, audience.DayBudget,
	} {
		known(t, "reason."+string(reason))
	}
}

func known(t *testing.T, key string) {
	t.Helper()
	defer func() {
		if problem := recover(); problem != nil {
			t.Error(problem)
		}
	}()
	report.English().Say(key)
}
