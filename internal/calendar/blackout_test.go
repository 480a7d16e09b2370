package calendar_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/calendar"
)

func days(from, to string) calendar.Blackout {
	a, _ := calendar.ParseDate(from)
	b, _ := calendar.ParseDate(to)
	return calendar.Blackout{From: a, To: b}
}

func TestADayWithoutMessagesIsTheCustomersOwn(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		zone, at, want string
		out            []calendar.Blackout
	}{
		"none":                                 {"Europe/Berlin", "2026-12-24T10:00:00Z", "2026-12-24T10:00:00Z", nil},
		"before it":                            {"Asia/Shanghai", "2026-12-23T15:59:59Z", "2026-12-23T15:59:59Z", []calendar.Blackout{days("2026-12-24", "2026-12-24")}},
		"its beginning":                        {"Asia/Shanghai", "2026-12-23T16:00:00Z", "2026-12-24T16:00:00Z", []calendar.Blackout{days("2026-12-24", "2026-12-24")}},
		"its end":                              {"Asia/Shanghai", "2026-12-24T16:00:00Z", "2026-12-24T16:00:00Z", []calendar.Blackout{days("2026-12-24", "2026-12-24")}},
		"several, one after another":           {"America/New_York", "2026-12-24T12:00:00Z", "2026-12-28T05:00:00Z", []calendar.Blackout{days("2026-12-26", "2026-12-27"), days("2026-12-24", "2026-12-26")}},
		"into a night that has 23 hours":       {"Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-29T22:00:00Z", []calendar.Blackout{days("2026-03-28", "2026-03-29")}},
		"midnight is skipped":                  {"America/Sao_Paulo", "2018-11-03T12:00:00Z", "2018-11-04T03:00:00Z", []calendar.Blackout{days("2018-11-03", "2018-11-03")}},
		"midnight comes after a repeated hour": {"America/Sao_Paulo", "2018-02-17T12:00:00Z", "2018-02-18T03:00:00Z", []calendar.Blackout{days("2018-02-17", "2018-02-17")}},
		"a day that a zone never had":          {"Pacific/Apia", "2011-12-29T20:00:00Z", "2011-12-30T10:00:00Z", []calendar.Blackout{days("2011-12-29", "2011-12-30")}},
	} {
		zone, err := time.LoadLocation(row.zone)
		if err != nil {
			t.Fatal(err)
		}
		at, _ := time.Parse(time.RFC3339, row.at)
		if got := calendar.AfterBlackout(at, zone, row.out).UTC().Format(time.RFC3339); got != row.want {
			t.Errorf("%s: %s, want %s", name, got, row.want)
		}
	}
}

func TestWhoseDaysWithoutMessages(t *testing.T) {
	t.Parallel()
	china, all, everywhere := days("2027-01-28", "2027-02-03"), days("2026-12-24", "2026-12-24"), days("2026-12-25", "2026-12-25")
	china.In, all.All = []string{"CN", "TW"}, true
	list := []calendar.Blackout{china, all, everywhere}
	for name, row := range map[string]struct {
		region  string
		service bool
		want    []calendar.Blackout
	}{
		"of the country":      {"CN", false, list},
		"of its part":         {"cn-11", false, list},
		"of another":          {"DE", false, []calendar.Blackout{all, everywhere}},
		"unknown":             {"", false, []calendar.Blackout{all, everywhere}},
		"a service":           {"CN", true, []calendar.Blackout{all}},
		"begins like another": {"CNX", false, []calendar.Blackout{all, everywhere}},
	} {
		if diff := cmp.Diff(calendar.Blackouts(list, row.region, row.service), row.want); diff != "" {
			t.Errorf("%s: -got +want\n%s", name, diff)
		}
	}
}
