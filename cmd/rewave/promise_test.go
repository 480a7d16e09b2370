package main

import (
	"strings"
	"testing"
	"time"

	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/channel/email"
	"github.com/rewave/rewave/internal/channel/file"
	"github.com/rewave/rewave/internal/channel/null"
	"github.com/rewave/rewave/internal/config"
	"github.com/rewave/rewave/internal/engine"
)

// promises is a provider that promises what it is told to.
type promises struct {
	null.Channel
	promise channel.Promise
}

func (p *promises) Promise() channel.Promise { return p.promise }

// Whatever the adapter: who can be asked for nothing sends only where that is
// accepted in writing.
func TestAProviderThatPromisesNothingIsRefused(t *testing.T) {
	t.Parallel()
	smtp, err := email.New(email.Options{Host: "127.0.0.1", TLS: email.TLSNone})
	if err != nil {
		t.Fatal(err)
	}
	folder, err := file.New(file.Options{Name: "sms", Directory: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	for name, test := range map[string]struct {
		channel    channel.Channel
		reconciles bool
	}{
		"smtp":          {smtp, false},
		"null":          {&null.Channel{}, false},
		"file":          {folder, true},
		"idempotent":    {&promises{promise: channel.Promise{IdempotencyWindow: time.Hour}}, true},
		"can be asked":  {&promises{promise: channel.Promise{LookupByRef: true}}, true},
		"names the ref": {&promises{promise: channel.Promise{WebhookEchoesRef: true}}, true},
	} {
		for _, allowed := range []bool{false, true} {
			l := &live{config: config.Default(), engine: &engine.Engine{Channels: map[string]*engine.Sender{}}}
			err := l.sends("email", test.channel, "a@shop.example", allowed)
			if refused := !test.reconciles && !allowed; (err != nil) != refused || (l.engine.Channels["email"] == nil) != refused {
				t.Errorf("%s, allowed %t: %v", name, allowed, err)
			}
			if err != nil && !strings.Contains(err.Error(), "can neither be asked for a message, nor refuse a repeated one") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
