package engine

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/mail"
	"strings"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/message"
)

// testPrefix tells a test in a mailbox from the real thing.
const testPrefix = "[Test] "

// Tested is one test message and what the channel said of it.
type Tested struct {
	Wave, Variant, Channel string
	Ref, ProviderID        string
}

// ChannelOf is the channel that an address is of: a mailbox or a phone number.
func ChannelOf(address string) (string, error) {
	if a, err := mail.ParseAddress(address); err == nil && a.Address == address {
		return message.Email, nil
	}
	digits := strings.TrimPrefix(address, "+")
	if len(digits) >= 6 && len(digits) <= 15 && strings.Trim(digits, "0123456789") == "" {
		return message.SMS, nil
	}
	return "", fault.New(fault.Usage, fmt.Sprintf("%q is neither a mailbox nor a phone number", address), "for example ann@shop.example, or +4915112345678")
}

// SendTest sends previewed messages to an address over its channel, and writes
// nothing anywhere: they are in no ledger and no report, bind no code, and their
// links act on nothing. The address is the operator's own, so that neither
// consent nor suppression is asked. It stops at the first that is not taken.
func (e *Engine) SendTest(ctx context.Context, def campaigns.Campaign, messages []PreviewMessage, to string) ([]Tested, error) {
	name, err := ChannelOf(to)
	if err != nil {
		return nil, err
	}
	sender := e.Channels[name]
	if sender == nil {
		return nil, fault.New(fault.Invalid, fmt.Sprintf("channel %q is not set up", name), "configure it under `channels:` in rewave.yaml")
	}
	var sent []Tested
	for _, m := range messages {
		if m.Fault != "" {
			return sent, fault.New(fault.Invalid, fmt.Sprintf("campaign %s: wave %s: %s", def.Name, m.Wave, m.Fault), "")
		}
		one := channel.Message{
			// Never a delivery's: those begin with a number.
			Ref: "test-" + rand.Text() + "." + e.Links.Installation, To: to, From: sender.From,
			Subject: testPrefix + m.Content.Subject, Text: m.Content.Text, HTML: m.Content.HTML, Headers: m.headers,
		}
		if name == message.SMS {
			one.Subject, one.Text = "", m.Content.SMS
		}
		callCtx, cancel := context.WithTimeout(ctx, callTimeout)
		out := sender.Channel.Send(callCtx, one)
		cancel()
		if out.Verdict != channel.Accepted {
			return sent, fault.New(fault.Unavailable, fmt.Sprintf("campaign %s: wave %s: the test message was not taken: %s", def.Name, m.Wave, text(out.Reason)), "rewave config check")
		}
		sent = append(sent, Tested{m.Wave, m.Variant, name, one.Ref, text(out.ProviderID)})
	}
	return sent, nil
}
