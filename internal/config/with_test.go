package config_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/config"
	"github.com/rewave/rewave/internal/source"
)

func with(t *testing.T, base config.Config, yaml string) (config.Config, string) {
	t.Helper()
	doc := source.Parse("f.yaml", []byte(yaml))
	got := base.With(doc.Root())
	return got, doc.Faults().Error()
}

func TestWithPutsWhatIsWrittenOverWhatStands(t *testing.T) {
	t.Parallel()
	base := config.Default()
	base.Shop.Name = "Base"
	base.QuietHours = map[string]calendar.Window{"email": {From: 21 * 60, To: 9 * 60}}
	base.PerCustomer = config.Cap{Count: 4, Window: 24 * time.Hour}
	base.Global = config.Global{Share: 30_000_000, Epoch: "2026"}
	base.Groups = map[string]config.Cap{"promo": {Count: 1, Window: time.Hour}}
	base.Blackout = []calendar.Blackout{{}}
	base.Feeds = map[string]time.Duration{"orders": time.Hour}
	base.Email = &config.Email{From: "a@shop.example", CostMicros: 1}
	before := base

	got, faults := with(t, base, "shop: {zone: Europe/Berlin, currency: EUR}\nquiet_hours: {email: {default: [\"20:00\", \"08:00\"], FR: [\"19:00\", \"10:00\"]}}\n"+
		"caps: {per_customer: 2 in 7d}\nglobal_holdout: none\nfeeds: none\nchannels: {email: {cost: 0.5}, sms: {cost: 0.05}}\n")
	if faults != "" {
		t.Fatal(faults)
	}
	type seen struct {
		Name, Zone, Currency string
		Germany, France      map[string]calendar.Window
		Cap                  config.Cap
		Global               config.Global
		Feeds                int
		Costs                map[string]int64
		From                 string
	}
	want := seen{"Base", "Europe/Berlin", "EUR", map[string]calendar.Window{"email": {From: 20 * 60, To: 8 * 60}}, map[string]calendar.Window{"email": {From: 19 * 60, To: 10 * 60}},
		config.Cap{Count: 2, Window: 7 * 24 * time.Hour}, config.Global{}, 0, map[string]int64{"email": 500_000, "sms": 50_000}, "a@shop.example"}
	is := seen{got.Shop.Name, got.Shop.Zone.String(), got.Shop.Currency, got.Quiet("DE-BE"), got.Quiet("fr"), got.PerCustomer, got.Global, len(got.Feeds), got.Costs(), got.Email.From}
	if diff := cmp.Diff(is, want); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
	if base.Email.CostMicros != 1 || before.QuietHours["email"].From != 21*60 {
		t.Error("the base was changed")
	}
	if got, _ := with(t, base, "quiet_hours: none\ncaps: none\ngroups: none\nblackout: none\n"); len(got.QuietHours) != 0 || got.PerCustomer != (config.Cap{}) || len(got.Groups)+len(got.Blackout) != 0 {
		t.Errorf("none took nothing away: %v, %v, %v, %v", got.QuietHours, got.PerCustomer, got.Groups, got.Blackout)
	}
	if got, _ := with(t, base, "groups: {late: {per_customer: 2 in 1d}}\nblackout: [\"2026-12-24\"]\n"); got.Groups["late"].Count != 2 || len(got.Groups) != 1 || got.Blackout[0].From.Day != 24 {
		t.Errorf("groups and days over those that stood: %v, %v", got.Groups, got.Blackout)
	}
}

func TestWithRefuses(t *testing.T) {
	t.Parallel()
	_, got := with(t, config.Default(), "currency: EUR\npublic_url: x\nshop: {zone: Berlin, margin: 3%}\nchannels: {sms: {adapter: file}}\n")
	want := `f.yaml:1:1: currency: unknown key "currency" (it stands below shop)
f.yaml:2:1: public_url: unknown key "public_url" (known keys: shop, channels, quiet_hours, caps, groups, blackout, global_holdout, feeds)
f.yaml:3:14: shop.zone: unknown time zone "Berlin" (name it as in Europe/Berlin, or UTC)
f.yaml:3:22: shop.margin: unknown key "margin" (known keys: name, zone, currency)
f.yaml:4:17: channels.sms: "cost" is missing (of a message, in the shop's currency: cost: 0.05)
f.yaml:4:18: channels.sms.adapter: unknown key "adapter" (known keys: cost)`
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
}
