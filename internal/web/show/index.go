package show

import (
	"net/http"
	"regexp"
)

// overview is the first page.
type overview struct {
	Title, Says    string
	Shop           []Count
	Campaigns      []card
	Reports, Plans bool // there are such pages
	Letters, Texts string
	Audit          *audited
	Next           []string
	Links          []Link
	Dir            string
}

type card struct {
	Campaign
	Class string
	Parts []phrase
}

// phrase is a piece of a sentence; its rates are strong, as in a report.
type phrase struct {
	Text   string
	Strong bool
}

type audited struct {
	Sentence string
	Mark     string
	Class    string
}

// classes are the badges there are.
var classes = map[string]bool{"PAYS": true, "LOSES": true, "OPEN": true, "REFUSED": true, "PROVISIONAL": true}

func (s *site) index(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	all, err := s.campaigns(ctx)
	if err != nil {
		return err
	}
	o := overview{Title: s.Title, Says: s.Says, Reports: s.Report != nil, Plans: s.Plan != nil, Next: s.Next, Links: s.Links, Dir: s.Dir}
	for _, c := range all {
		k := card{Campaign: c, Class: c.Class, Parts: phrases(c.Sentence)}
		if !classes[k.Class] {
			k.Class = "NONE"
		}
		o.Campaigns = append(o.Campaigns, k)
	}
	// What follows is beside the campaigns: where it fails, they are shown all the same.
	warn := func(what string, err error) {
		if ctx.Err() == nil {
			s.Log.WarnContext(ctx, "first page", "of", what, "error", err)
		}
	}
	if s.Shop != nil {
		if o.Shop, err = s.Shop(ctx); err != nil {
			warn("shop", err)
		}
	}
	o.Letters, o.Texts = say("index.unread"), say("index.unread")
	if log, err := s.letters.now(); err != nil {
		warn("mailbox", err)
	} else {
		o.Letters = sayCount("index.letters", log.count())
	}
	if _, total, err := s.texts.now(); err != nil {
		warn("texts", err)
	} else {
		o.Texts = sayCount("index.texts", total)
	}
	if s.Audit != nil {
		switch sentence, holds, err := s.Audit(ctx); {
		case err != nil:
			warn("audit", err)
			o.Audit = &audited{say("index.unaudited"), "○", "wait"}
		case holds:
			o.Audit = &audited{sentence, "✓", "pass"}
		default:
			o.Audit = &audited{sentence, "✕", "fail"}
		}
	}
	return s.show(w, r, "index", "index", say("index.title"), o)
}

// rates are what a reader looks for in the sentence: 9.0, +1.8, -0.1.
var rates = regexp.MustCompile(`[+-]?\d+\.\d+`)

func phrases(sentence string) []phrase {
	var out []phrase
	end := 0
	for _, at := range rates.FindAllStringIndex(sentence, -1) {
		out = append(out, phrase{sentence[end:at[0]], false}, phrase{sentence[at[0]:at[1]], true})
		end = at[1]
	}
	return append(out, phrase{sentence[end:], false})
}
