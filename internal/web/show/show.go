// Package show is the pages of a run for the one who started it: what a demo
// left in its folder, or what a development server has written so far. It is
// meant for loopback and asks for no login.
//
// It promises to change nothing. Only GET and HEAD are answered; every figure
// and file is read when the page is asked for, so a run that goes on shows what
// it has by now; and a page never needs more memory than one page's worth of
// messages, however many there are.
//
// What it shows was written by strangers: customers' names, campaigns, e-mails
// with HTML in them. All of it is escaped. Pages run no script and load nothing,
// which a content security policy says to the browser too. An e-mail's HTML
// stands in a frame of its own that may do even less; a link in it opens in a
// new tab, and only when somebody follows it. Names and numbers in an address
// are looked up in what there is and never made into a path.
//
// A request is answered only under an IP address or localhost: a foreign site
// whose name is made to point at loopback (DNS rebinding) reads nothing.
package show

import (
	"context"
	"log/slog"
	"net/http"
	"path/filepath"
	"time"

	"github.com/rewave/rewave/internal/fault"
)

// Options of the pages. The functions are called for every page that shows what
// they return, by many requests at once, and must follow their context. What
// they return as a fault is shown; any other error is logged and called internal.
type Options struct {
	Title string // the shop's name
	Says  string // the shop in a sentence

	// Dir holds mailbox/, as a mail sink writes it, texts/, as a file channel
	// named sms does, and campaigns/. What is missing is taken to be empty.
	Dir string

	Campaigns func(context.Context) ([]Campaign, error) // in the order to show; nil: none

	// Report and Plan return a campaign's page as HTML, which is shown as it is.
	// They are asked only for names that Campaigns returned. Nil: no such pages.
	Report, Plan func(ctx context.Context, campaign string) ([]byte, error)

	// Audit says in a sentence whether the ledger's invariants hold. Nil: no line.
	Audit func(context.Context) (sentence string, holds bool, err error)

	Shop func(context.Context) ([]Count, error) // figures under the first sentence; nil: none

	Next  []string       // commands to try
	Links []Link         // other places worth a visit
	Zone  *time.Location // of the times shown; nil: UTC
	Log   *slog.Logger   // nil: slog.Default()
}

// Campaign is one card.
type Campaign struct {
	Name string // in addresses: /report/NAME
	Says string

	Verdict  string // the word on the badge; empty: no badge
	Class    string // PAYS, LOSES, OPEN, REFUSED or PROVISIONAL; all else looks like no verdict
	Sentence string // the finding
	Counts   []Count

	Folder string // of campaign.yaml; empty: campaigns/NAME below Options.Dir
}

// Count is a figure and what it counts.
type Count struct {
	Label string
	N     int64
}

// Link is a place and what is there.
type Link struct{ Label, URL string }

// New returns the handler of all pages. It reads nothing yet.
func New(opts Options) http.Handler {
	if opts.Log == nil {
		opts.Log = slog.Default()
	}
	if opts.Zone == nil {
		opts.Zone = time.UTC
	}
	s := &site{
		Options: opts,
		letters: &letters{path: filepath.Join(opts.Dir, "mailbox", "log.jsonl")},
		mbox:    filepath.Join(opts.Dir, "mailbox", "mailbox.mbox"),
		texts:   &texts{dir: filepath.Join(opts.Dir, "texts")},
	}
	mux := http.NewServeMux()
	for pattern, page := range map[string]func(http.ResponseWriter, *http.Request) error{
		"/{$}":                       s.index,
		"/report/{name}":             s.report,
		"/plan/{name}":               s.plan,
		"/campaign/{name}":           s.campaign,
		"/campaign/{name}/{file...}": s.campaign,
		"/mailbox":                   s.mailbox,
		"/mailbox/{number}":          s.message,
		"/mailbox/{number}/source":   s.source,
		"/texts":                     s.textMessages,
		"/":                          func(http.ResponseWriter, *http.Request) error { return noPage() },
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if err := page(w, r); err != nil {
				s.refuse(w, r, err)
			}
		})
	}
	return s.guard(mux)
}

// site is what the pages share.
type site struct {
	Options
	letters *letters
	mbox    string
	texts   *texts
}

// campaigns is the list as it is now.
func (s *site) campaigns(ctx context.Context) ([]Campaign, error) {
	if s.Campaigns == nil {
		return nil, nil
	}
	return s.Campaigns(ctx)
}

// named is the campaign of an address.
func (s *site) named(r *http.Request) (Campaign, error) {
	all, err := s.campaigns(r.Context())
	if err != nil {
		return Campaign{}, err
	}
	for _, c := range all {
		if c.Name == r.PathValue("name") {
			return c, nil
		}
	}
	return Campaign{}, fault.New(fault.NotFound, say("error.campaign"), say("error.campaign.hint"))
}

func noPage() error { return fault.New(fault.NotFound, say("error.page"), say("error.page.hint")) }
