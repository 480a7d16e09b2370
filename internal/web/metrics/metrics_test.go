package metrics_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"github.com/rewave/rewave/internal/web/metrics"
)

func scrape(t *testing.T, f metrics.Figures, err error) string {
	t.Helper()
	w := httptest.NewRecorder()
	h := metrics.Handler(func(context.Context) (metrics.Figures, error) { return f, err }, slog.New(slog.DiscardHandler))
	h.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	text, err := io.ReadAll(w.Result().Body)
	if err != nil || w.Code != 200 {
		t.Fatalf("%d, %v: %s", w.Code, err, text)
	}
	return string(text)
}

func TestFiguresAreToldAsPrometheusReadsThem(t *testing.T) {
	t.Parallel()
	text := scrape(t, metrics.Figures{Due: 12, Oldest: 90 * time.Second, UnderWay: 3, InDoubt: 1, Audited: time.Unix(1_800_000_000, 0),
		Broken: map[string]int64{"sent_once": 0, "no_opt_out": 2}, Held: map[metrics.Hold]bool{{"email", "provider"}: true, {"all", "person"}: false}}, nil)
	for _, line := range []string{
		"rewave_due_deliveries 12", "rewave_due_oldest_seconds 90", "rewave_deliveries_under_way 3", "rewave_deliveries_in_doubt 1",
		"rewave_audit_timestamp_seconds 1.8e+09", `rewave_invariant_broken_rows{invariant="sent_once"} 0`,
		`rewave_invariant_broken_rows{invariant="no_opt_out"} 2`,
		`rewave_sends_held{by="provider",channel="email"} 1`, `rewave_sends_held{by="person",channel="all"} 0`,
	} {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("nothing says %q in\n%s", line, text)
		}
	}
	faults, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range faults {
		t.Errorf("%s: %s", f.Metric, f.Text)
	}
}

func TestWhatCannotBeReadIsLeftOut(t *testing.T) {
	t.Parallel()
	if text := scrape(t, metrics.Figures{}, errors.New("away")); strings.Contains(text, "rewave_") || !strings.Contains(text, "go_goroutines") {
		t.Errorf("without a database it says\n%s", text)
	}
	if text := scrape(t, metrics.Figures{}, nil); strings.Contains(text, "rewave_audit_timestamp") {
		t.Error("an audit that never was has a time")
	}
}
