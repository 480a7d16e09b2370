package message

import (
	"maps"
	"slices"
	"strings"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/source"
)

// Set is a message folder in all its languages. It is immutable and safe for
// many callers at once.
type Set struct {
	base     *Template
	byLocale map[string]*Template // by lower-case locale
}

// NewSet compiles a message folder by locale; that of "" is for everybody else.
// The error, if any, is a source.List with every fault of all files, sorted.
func NewSet(folder string, files map[string]Files, o Options) (*Set, error) {
	s := &Set{byLocale: make(map[string]*Template, len(files))}
	var faults source.List
	scope := newScope(o)
	for _, locale := range slices.Sorted(maps.Keys(files)) {
		t, found := compile(localeFolder(folder, locale), locale, files[locale], scope)
		faults = append(faults, found...)
		if locale == "" {
			s.base = t
		} else {
			s.byLocale[canonical(locale)] = t
		}
	}
	if s.base == nil {
		faults = append(faults, source.Diagnostic{File: folder, Message: "has no text for everybody else", Hint: "put the files of one language into the folder itself"})
	}
	if faults != nil {
		faults.Sort()
		return nil, faults
	}
	return s, nil
}

// For is the template for a customer's locale: of that locale, else of the
// nearest that is less exact ("zh-Hans" and "zh" for "zh-Hans-CN"), else the one
// for everybody else. It is never nil.
func (s *Set) For(locale string) *Template {
	for name := canonical(locale); name != ""; {
		if t := s.byLocale[name]; t != nil {
			return t
		}
		name = name[:max(strings.LastIndexByte(name, '-'), 0)]
	}
	return s.base
}

// Reads reports whether any language may read a field below root.
func (s *Set) Reads(root string) bool {
	for t := range s.templates {
		if t.Reads(root) {
			return true
		}
	}
	return false
}

// Attributes are the names of the customer's attributes that any language reads,
// sorted.
func (s *Set) Attributes() []string {
	var names []string
	for t := range s.templates {
		for _, path := range t.named {
			if name, ok := strings.CutPrefix(path, "customer."); ok {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// templates are those of all languages.
func (s *Set) templates(yield func(*Template) bool) {
	if !yield(s.base) {
		return
	}
	for _, t := range s.byLocale {
		if !yield(t) {
			return
		}
	}
}

// canonical makes zh_CN and zh-cn the same.
func canonical(locale string) string {
	return strings.ToLower(strings.ReplaceAll(strings.TrimSpace(locale), "_", "-"))
}

func localeFolder(folder, locale string) string {
	if locale == "" {
		return folder
	}
	return fileOf(folder, locale)
}

// Uses is what each message folder of a campaign is used for, by its path: the
// channels, coupons and strata of every wave, variant and stratum that sends it,
// and what brings customers in. What belongs to the shop is taken from o.
func Uses(c campaigns.Campaign, o Options) map[string]Options {
	uses := map[string]Options{}
	o.Channels, o.Coupon, o.Codeless, o.Service = []string{}, true, false, true
	o.Strata, o.Notes = c.Strata != nil, nil
	o.Order, o.Event = c.Enter.On == "order_paid", c.Enter.On == "event"
	strata := []string{""}
	if c.Strata != nil {
		for _, s := range c.Strata.Values {
			strata = append(strata, s.Name)
			o.Notes = append(o.Notes, slices.Sorted(maps.Keys(s.Notes))...)
		}
		strata = strata[1:]
	}
	if a := c.Enter.Occasion; a != nil && a.Attribute != "" {
		o.Occasion = a.Attribute
	}
	for _, w := range c.Waves {
		variants := []string{""}
		for _, v := range w.Variants {
			variants = append(variants, v.Name)
		}
		if len(variants) > 1 {
			variants = variants[1:]
		}
		for _, v := range variants {
			for _, s := range strata {
				content := w.ContentFor(v, s)
				if content.Message == "" {
					continue
				}
				use, known := uses[content.Message]
				if !known {
					use = o
				}
				for _, channel := range w.Channels {
					if !slices.Contains(use.Channels, channel) {
						use.Channels = append(slices.Clone(use.Channels), channel)
					}
				}
				use.Coupon = use.Coupon && content.Coupon != nil
				use.Codeless = use.Codeless || content.Coupon != nil && content.Coupon.Exhausted == "send"
				use.Service = use.Service && w.Service
				uses[content.Message] = use
			}
		}
	}
	return uses
}
