package campaigns

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/source"
)

// content reads what a wave, or with part a variant or a stratum of it, carries.
func (w *writing) content(m source.Mapping, at *written, part bool) Content {
	var c Content
	if n, ok := m.Get("message"); ok {
		c.Message = w.message(n, at.wave.Channels)
		at.broken = at.broken || c.Message == ""
	}
	n, ok := m.Get("coupon")
	if !ok {
		return c
	}
	none := false
	if n.IsText() {
		text, _ := n.Text()
		none = text == "none"
	}
	switch {
	case at.wave.Service:
		n.Report("a service carries no coupon", "take it out, or make the wave a promotion")
	case none && !part:
		n.Report("none takes away nothing here", "it is for a variant or a stratum of a wave with a coupon")
	case none:
		c.NoCoupon = true
	default:
		c.Coupon = w.coupon(n)
	}
	return c
}

func (w *writing) coupon(n source.Node) *Coupon {
	m, ok := couponTable.read(n)
	if !ok {
		return nil
	}
	c := &Coupon{Exhausted: defaultExhausted}
	if n, ok := m.Need("pool", "the pool the code is taken from: coupon: {pool: d11-20-off, expires: 10d}"); ok {
		if c.Pool, ok = plainText(n, "a pool"); ok && w.options.Pools != nil && !slices.Contains(w.options.Pools, c.Pool) {
			n.Report(fmt.Sprintf("there is no coupon pool %q", c.Pool), poolHint(c.Pool, w.options.Pools))
		}
	}
	if n, ok := m.Get("expires"); ok {
		c.Expires, _ = n.Duration(time.Hour)
	}
	if n, ok := m.Get("if_exhausted"); ok {
		c.Exhausted, _ = n.OneOf("way to go on", staleAnswers, nil)
	}
	return c
}

func poolHint(pool string, pools []string) string {
	if near := source.Suggest(pool, pools); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return "make it: rewave coupon generate " + pool + ", or import its codes: rewave coupon import " + pool + " FILE"
}

// variants reads the branches of a wave.
func (w *writing) variants(n source.Node, at *written) {
	entries, ok := n.Entries()
	if ok && (len(entries) < 2 || len(entries) > maxVariants) {
		n.Report(fmt.Sprintf("must hold 2 to %d variants, not %d", maxVariants, len(entries)), "for example {plain: {share: 50%}, short: {share: 50%, message: messages/short}}")
		ok = false
	}
	at.broken = at.broken || !ok
	var sum holdout.Share
	for _, e := range entries {
		v := Variant{Name: e.Key.Name()}
		plainKey(e.Key, "a variant")
		m, isMapping := variantTable.read(e.Value)
		if !isMapping {
			at.broken, ok = true, false
			continue
		}
		if n, has := m.Need("share", "the shares of all variants add up to 100%: share: 50%"); has {
			parts, valid := n.Share()
			v.Share = holdout.Share(parts)
			if valid && v.Share == 0 {
				n.Report("0% is nobody", "take the variant out")
			}
			ok = ok && valid
		} else {
			ok = false
		}
		v.Content = w.content(m, at, true)
		sum += v.Share
		at.wave.Variants = append(at.wave.Variants, v)
	}
	if ok && sum != holdout.Whole {
		hint := ""
		if len(entries) == 3 && sum >= 999*holdout.Whole/1000 && sum < holdout.Whole {
			hint = "for thirds write 33.3%, 33.3% and 33.4%"
		}
		n.Report(fmt.Sprintf("the shares of the variants add up to %s, not 100%%", FormatShare(sum)), hint)
	}
}

func (w *writing) byStratum(n source.Node, at *written, strata bool) {
	if !strata {
		noStrata(n)
		at.broken = true
		return
	}
	entries, ok := n.Entries()
	if ok && len(entries) == 0 {
		n.Report("names no stratum", "for example by_stratum: {food: {message: messages/care-food}}")
		ok = false
	}
	at.broken = at.broken || !ok
	names := w.c.Strata.names()
	for _, e := range entries {
		part := StratumPart{Stratum: e.Key.Name()}
		if len(names) > 0 && part.Stratum != DefaultStratum && !slices.Contains(names, part.Stratum) {
			e.Key.Unknown("stratum", part.Stratum, append(slices.Clone(names), DefaultStratum))
			at.broken = true
		}
		m, ok := partTable.read(e.Value)
		if !ok {
			at.broken = true
			continue
		}
		part.Content = w.content(m, at, true)
		if written, _ := e.Value.Entries(); len(written) == 0 {
			e.Value.Report("says nothing", "a message or a coupon, or take it out")
		}
		at.wave.ByStratum = append(at.wave.ByStratum, part)
	}
}

func noStrata(n source.Node) {
	n.Report("the campaign has no strata", "declare them at the top: strata: {by: order.category, values: {food: {}, daily: {}}, default: daily}")
}

// silent finds the variants and strata for which a wave has nothing to say.
func (w *writing) silent() {
	for _, at := range w.waves {
		if at.broken || w.strataBroken && len(at.wave.ByStratum) > 0 {
			continue
		}
		variants, strata := []string{""}, w.c.Strata.names()
		if len(at.wave.Variants) > 0 {
			variants = nil
			for _, v := range at.wave.Variants {
				variants = append(variants, v.Name)
			}
		}
		if len(at.wave.ByStratum) == 0 || len(strata) == 0 {
			strata = []string{""}
		}
		var missing []string
		for _, v := range variants {
			for _, s := range strata {
				if at.wave.ContentFor(v, s).Message == "" {
					missing = append(missing, branch(v, s))
				}
			}
		}
		switch {
		case len(missing) == 0:
		case len(missing) == len(variants)*len(strata):
			at.node.Report(`"message" is missing`, "a folder with the message's files: message: messages/thanks")
		default:
			if shown := 4; len(missing) > shown {
				missing = append(missing[:shown], fmt.Sprintf("%d more", len(missing)-shown))
			}
			at.node.Report("there is no message for "+strings.Join(missing, ", "), "give the wave one: what a variant or a stratum has of its own goes before it")
		}
	}
}

// branch names a variant, a stratum, or one in the other.
func branch(variant, stratum string) string {
	switch {
	case stratum == "":
		return fmt.Sprintf("the variant %q", variant)
	case variant == "":
		return fmt.Sprintf("the stratum %q", stratum)
	}
	return fmt.Sprintf("the variant %q in the stratum %q", variant, stratum)
}

// FormatShare writes a share as a file does: 33.3%.
func FormatShare(s holdout.Share) string {
	whole, rest := s/(holdout.Whole/100), s%(holdout.Whole/100)
	if rest == 0 {
		return fmt.Sprintf("%d%%", whole)
	}
	return fmt.Sprintf("%d.%s%%", whole, strings.TrimRight(fmt.Sprintf("%07d", rest), "0"))
}
