// Package channel is the edge to those who carry our messages. A Channel sends
// one message and says what became of it in one of five words; it also declares
// what its provider can promise, because the ledger's recovery depends on that
// and on nothing else.
package channel

import (
	"context"
	"time"
)

// Verdict is what a send call can honestly say afterwards.
type Verdict string

const (
	Accepted Verdict = "accepted"  // the provider took it
	Failed   Verdict = "failed"    // the provider refused it for good
	NotTaken Verdict = "not_taken" // surely not taken: may be tried again
	Unknown  Verdict = "unknown"   // it may or may not have been taken: never sent again by itself
)

// Trouble is whose it is that a message was not taken. What is said of others
// hangs on it: a provider that rests is left alone by everybody. By HTTP it says
// so with 429 or 503, by SMTP with 421.
type Trouble string

const (
	OfMessage  Trouble = ""         // of this message or recipient; others may be taken
	OfProvider Trouble = "provider" // none may be taken: no connection, no TLS, no login, a sender refused
	Rests      Trouble = "rests"    // the provider says that it takes nothing from us for now
	OurOwn     Trouble = "ours"     // we broke off before it could answer: it says nothing of anybody
)

// Outcome is the end of one call.
type Outcome struct {
	Verdict    Verdict
	ProviderID string        // the provider's own name for the message, if it gave one
	Reason     string        // short, no personal data: "550 5.1.1", "dial", "timeout after data"
	Trouble    Trouble       // with NotTaken
	RetryAfter time.Duration // with NotTaken: how long we are asked to wait, with the message or, where the provider Rests, with all; 0 = no word
}

// Message is rendered content on its way. Ref is the delivery's stable name,
// the same for every try; providers get it as idempotency key and echo field.
type Message struct {
	Ref     string
	To      string            // address on this channel: mailbox, phone number
	From    string            // sender as configured for the shop
	Subject string            // e-mail only
	Text    string            // never empty
	HTML    string            // e-mail only; may be empty
	Headers map[string]string // List-Unsubscribe and its kind; keys canonical, values without CR, LF, NUL
}

// Promise is what a provider can be held to when an outcome is unknown.
type Promise struct {
	IdempotencyWindow time.Duration // for how long a repeated Ref is taken once; 0 = not at all
	LookupByRef       bool          // the provider can be asked for a Ref: the Channel is an Asked
	WebhookEchoesRef  bool          // its feedback names the Ref
}

// Reconciles says whether an unknown can ever be settled without a person.
func (p Promise) Reconciles() bool {
	return p.IdempotencyWindow > 0 || p.LookupByRef || p.WebhookEchoesRef
}

// Channel sends. Send must honour ctx, must not retry by itself, and is safe for
// many callers at once. Close ends idle connections.
type Channel interface {
	Name() string // the name campaigns use: "email"
	Promise() Promise
	Send(ctx context.Context, m Message) Outcome
	Close() error
}

// Finding is what a provider knows of a Ref.
type Finding struct {
	Found      bool
	Verdict    Verdict // where found: Accepted or Failed
	ProviderID string  // as in Outcome
	Reason     string  // as in Outcome
}

// Asked is a Channel whose provider can be asked what became of a Ref. Not found
// is not "not taken": an index lags, and a call that hangs may still arrive. An
// error means that nothing was learnt.
type Asked interface {
	Ask(ctx context.Context, ref string) (Finding, error)
}
