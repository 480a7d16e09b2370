package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/report"
)

// Whom the cap holds back is treated, and does not get the message.
func TestASendSaysWhoGetsItAndWhoDoesNot(t *testing.T) {
	t.Parallel()
	slot := time.Date(2035, 3, 1, 10, 0, 0, 0, time.UTC)
	var out bytes.Buffer
	a := &app{stdout: &out}
	err := a.showOnce(report.Plan{Zone: time.UTC, Campaigns: []report.PlannedCampaign{{
		Campaign: "news",
		Audience: &report.Audience{Asked: 24, Segment: 24, Enter: 24, Treat: 20, Hold: 4, Nothing: []report.AudienceLine{{Reason: "capped", Count: 8}},
			Written: []report.ChannelCount{{Channel: "email", Count: 10}, {Channel: "sms", Count: 2}}},
		Waves: []report.PlannedWave{{Wave: "message", Ramp: []report.RampStep{{}, {After: 1, Send: 1}, {After: 2, Send: 11}}}},
	}}}, once{channel: "email"}, slot)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		"news: by email at 2035-03-01 10:00 UTC",
		"        12  get it: 0 at its time, 1 after 1h, 11 after 2h",
		"         4  are held out",
		"         8  do not: capped", ""}, "\n")
	if diff := cmp.Diff(out.String(), want); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
}
