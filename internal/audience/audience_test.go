package audience_test

import (
	"testing"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/consent"
)

var (
	yes     = consent.Word{Known: true, Granted: true}
	no      = consent.Word{Known: true}
	unasked = consent.Word{}
)

func TestWhatMustHaveBeenSaidHangsOnThePurpose(t *testing.T) {
	t.Parallel()
	type by map[audience.Purpose]audience.Reason
	same := func(r audience.Reason) by {
		return by{audience.Promotion: r, audience.Service: r, audience.ConsentedService: r}
	}
	for name, row := range map[string]struct {
		contact audience.Contact
		want    by
	}{
		"yes":           {contact(audience.Reach{Address: "a", Word: yes}), same("")},
		"never asked":   {contact(audience.Reach{Address: "a", Word: unasked}), by{audience.Promotion: audience.NoConsent, audience.Service: "", audience.ConsentedService: audience.NoConsent}},
		"no":            {contact(audience.Reach{Address: "a", Word: no}), by{audience.Promotion: audience.OptedOut, audience.Service: "", audience.ConsentedService: audience.OptedOut}},
		"no to service": {contact(audience.Reach{Address: "a", Word: yes, ServiceRefused: true}), by{audience.Promotion: "", audience.Service: audience.OptedOut, audience.ConsentedService: audience.OptedOut}},
		"banned":        {contact(audience.Reach{Address: "a", Word: yes, Suppressed: true}), same(audience.Suppressed)},
		"no address":    {contact(audience.Reach{Word: yes}), same(audience.NoAddress)},
		"erased":        {audience.Contact{Erased: true, Channels: contact(audience.Reach{Address: "a", Word: yes}).Channels}, same(audience.Erased)},
	} {
		for purpose, want := range row.want {
			if got := audience.Reachable(row.contact, "email", purpose); got != want {
				t.Errorf("%s, purpose %d: %q, want %q", name, purpose, got, want)
			}
		}
	}
}

func contact(r audience.Reach) audience.Contact {
	return audience.Contact{Channels: map[string]audience.Reach{"email": r}}
}

func TestPurposeOfAWave(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		wave campaigns.Wave
		want audience.Purpose
	}{
		{campaigns.Wave{}, audience.Promotion},
		{campaigns.Wave{Service: true}, audience.Service},
		{campaigns.Wave{Service: true, Consent: true}, audience.ConsentedService},
	} {
		if got := audience.PurposeOf(row.wave); got != row.want {
			t.Errorf("%+v: %d, want %d", row.wave, got, row.want)
		}
	}
}

func TestChooseTakesTheFirstChannelThatMay(t *testing.T) {
	t.Parallel()
	c := audience.Contact{Channels: map[string]audience.Reach{"sms": {Address: "1", Word: no}, "email": {Address: "a", Word: yes}}}
	both := []string{"sms", "email"}
	if got, why := audience.Choose(c, both, audience.Promotion); got != "email" || why != "" {
		t.Errorf("promotion: %s, %q; want email", got, why)
	}
	if got, why := audience.Choose(c, both, audience.Service); got != "sms" || why != "" {
		t.Errorf("service: %s, %q; want sms", got, why)
	}
	c.Erased = true
	if got, why := audience.Choose(c, both, audience.Service); got != "sms" || why != audience.Erased {
		t.Errorf("erased: %s, %q; want sms, erased", got, why)
	}
}

func TestACapSaysWhatFillsIt(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		pressure         audience.Pressure
		treated, asGhost audience.Reason
	}{
		{audience.Pressure{}, "", ""},
		{audience.Pressure{Real: 9, Ghosts: 9, Outranking: 9}, "", ""}, // no cap
		{audience.Pressure{Cap: audience.Cap{Limit: 2}, Real: 1}, "", ""},
		{audience.Pressure{Cap: audience.Cap{Limit: 2}, Real: 2}, audience.Capped, audience.Capped},
		{audience.Pressure{Cap: audience.Cap{Limit: 2}, Real: 1, Ghosts: 1}, "", audience.Capped},
		{audience.Pressure{Cap: audience.Cap{Limit: 2}, Real: 1, Outranking: 1}, audience.Outranked, audience.Outranked},
		{audience.Pressure{Cap: audience.Cap{Limit: 2}, Outranking: 1}, "", ""},
		{audience.Pressure{Cap: audience.Cap{Limit: 2}, Ghosts: 1, Outranking: 1}, "", audience.Outranked},
		{audience.Pressure{Cap: audience.Cap{Limit: 2}, Real: 2, Outranking: 3}, audience.Capped, audience.Capped},
	} {
		if got := row.pressure.Full(false); got != row.treated {
			t.Errorf("%+v, treated: %q, want %q", row.pressure, got, row.treated)
		}
		if got := row.pressure.Full(true); got != row.asGhost {
			t.Errorf("%+v, ghost: %q, want %q", row.pressure, got, row.asGhost)
		}
	}
}
