package config

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"golang.org/x/text/language"

	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/customer"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/source"
)

var (
	globalKeys = source.Keys{Known: []string{"share", "epoch"}}
	feedsKeys  = source.Keys{Known: []string{"orders"}, Later: []string{"events", "customers", "products"}}
	feedKeys   = source.Keys{Known: []string{"max_age"}}
)

// defaultCountry stands for every country that is not named.
const defaultCountry = "default"

// readQuiet reads quiet hours by channel, and where they differ by country.
func readQuiet(n source.Node) (everywhere map[string]calendar.Window, in map[string]map[string]calendar.Window) {
	everywhere, own := map[string]calendar.Window{}, map[string]map[string]calendar.Window{}
	m, _ := n.Mapping(source.Keys{Known: channels, Later: laterChannels})
	for _, channel := range channels {
		n, ok := m.Get(channel)
		if !ok {
			continue
		}
		if !n.IsMapping() {
			if w, ok := readQuietWindow(n); ok {
				everywhere[channel] = w
			}
			continue
		}
		countries, _ := n.Entries()
		for _, e := range countries {
			name, ok := e.Key.Name(), true
			if name != defaultCountry {
				name, ok = source.Parsed(e.Key, country)
			}
			w, okWindow := readQuietWindow(e.Value)
			switch {
			case !ok || !okWindow:
			case name == defaultCountry:
				everywhere[channel] = w
			default:
				if own[name] == nil {
					own[name] = map[string]calendar.Window{}
				}
				own[name][channel] = w
			}
		}
	}
	for _, hours := range own {
		for channel, w := range everywhere {
			if _, differs := hours[channel]; !differs {
				hours[channel] = w
			}
		}
	}
	if len(own) == 0 {
		return everywhere, nil
	}
	return everywhere, own
}

func readQuietWindow(n source.Node) (calendar.Window, bool) {
	w, ok := calendar.ReadWindow(n)
	if ok && w.To == calendar.DayEnd && w.From == 0 {
		n.Report("the whole day is quiet: nothing would ever be sent", "")
		return w, false
	}
	return w, ok
}

var twoLetters = regexp.MustCompile(`^[A-Z]{2}$`)

func country(s string) (string, error) {
	region, err := language.ParseRegion(s)
	if err != nil || !twoLetters.MatchString(s) || !region.IsCountry() {
		return "", fault.New(fault.Invalid, fmt.Sprintf("%q is not a country", s), "two capitals, as DE, GB or CN; or default for all others")
	}
	return s, nil
}

func readGlobal(n source.Node) (g Global) {
	m, ok := n.Mapping(globalKeys)
	if !ok {
		return g
	}
	if n, ok := m.Need("share", "for example share: 3%"); ok {
		parts, ok := n.Share()
		switch share := holdout.Share(parts); {
		case !ok:
		case share == 0:
			n.Report("0% holds out nobody", "take global_holdout out")
		case share >= holdout.Whole/2:
			n.Report("half of the customers or more would never hear of anything", "for example 3%")
		default:
			g.Share = share
		}
	}
	if n, ok := m.Need("epoch", `a name that changes when everybody is drawn anew: epoch: "2026"`); ok {
		g.Epoch, _ = source.Parsed(n, func(s string) (string, error) {
			if !holdout.ValidID(s) || len(s) > 60 {
				return "", fault.New(fault.Invalid, fmt.Sprintf("%q is not a name for an epoch", s), "letters, digits, and . _ -, at most 60")
			}
			return s, nil
		})
	}
	return g
}

func readFeeds(n source.Node) map[string]time.Duration {
	out := map[string]time.Duration{}
	m, _ := n.Mapping(feedsKeys)
	for _, name := range feedsKeys.Known {
		n, ok := m.Get(name)
		if !ok {
			continue
		}
		feed, ok := n.Mapping(feedKeys)
		if !ok {
			continue
		}
		if n, ok := feed.Need("max_age", "for example max_age: 2h"); ok {
			if age, ok := n.Duration(time.Minute); ok {
				out[name] = age
			}
		}
	}
	return out
}

// attributeName is what a message can print: see message.Options.
var attributeName = regexp.MustCompile(`^[\pL_][\pL\pN_-]{0,59}$`)

// readAttributes reads what the shop keeps of customers under names of its own.
func readAttributes(n source.Node) map[string]string {
	out := map[string]string{}
	entries, _ := n.Entries()
	for _, e := range entries {
		name := e.Key.Name()
		if !attributeName.MatchString(name) {
			e.Key.Report(fmt.Sprintf("%q is not a name that a message can print", name), "a letter, then letters, digits, _ and -, at most 60")
			continue
		}
		if slices.Contains(profileFields, name) {
			e.Key.Report(fmt.Sprintf("%q is a field of every customer", name), "take it out: it need not be declared")
			continue
		}
		kind, ok := e.Value.OneOf("kind", attributeKinds, nil)
		if !ok {
			continue
		}
		if known := string(customer.Attributes[name]); known != "" && known != kind {
			e.Value.Report(fmt.Sprintf("the attribute %q is a %s in every shop, not a %s", name, known, kind), "write "+name+": "+known+", or take it out and give yours another name")
			continue
		}
		out[name] = kind
	}
	return out
}

var (
	attributeKinds = []string{"text", "number", "date", "truth"} // as rules name them
	profileFields  = []string{"id", "first_name", "last_name", "locale"}
)

var smsKeys = source.Keys{Known: append([]string{"adapter", "directory", "from", "cost", "in_flight", "per_second", "per_minute", "warm_up", "allow_unreconciled"}, httpKeys...),
	Later: []string{"user", "password_env"}}

func readSMS(n source.Node) *SMS {
	s := &SMS{}
	m, ok := n.Mapping(smsKeys)
	if !ok {
		return nil
	}
	if n, ok := m.Need("adapter", "adapter: http posts messages to a provider, adapter: file writes them into a directory"); ok {
		s.Adapter, _ = n.OneOf("adapter", []string{"http", "file"}, []string{"smpp", "twilio", "vonage", "aliyun", "tencent"})
	}
	if s.Adapter == "file" {
		if n, ok := m.Need("directory", "messages are written there, one file each"); ok {
			s.Directory, _ = n.Full()
		}
	} else {
		foreign(m, s.Adapter, "file", "directory")
	}
	if n, ok := m.Get("allow_unreconciled"); ok {
		if s.Adapter == "http" {
			s.AllowUnreconciled, _ = n.Bool()
		} else {
			foreign(m, s.Adapter, "http", "allow_unreconciled")
		}
	}
	s.HTTP = readHTTP(m, s.Adapter, s.AllowUnreconciled)
	if n, ok := m.Need("from", `for example from: Example, or from: "+4930123456"`); ok {
		s.From, _ = source.Parsed(n, smsSender)
	}
	if n, ok := m.Get("cost"); ok {
		s.CostMicros, _ = n.Decimal(6)
	}
	s.Flow = readFlow(m)
	return s
}

// senderOfSMS is a number, a short code, or what GSM 03.40 calls an alphanumeric
// address: at most 11 characters, one of them a letter.
var senderOfSMS = regexp.MustCompile(`^(\+[1-9][0-9]{6,14}|[0-9]{3,15}|[A-Za-z0-9 ._-]{0,10}[A-Za-z0-9])$`)

func smsSender(s string) (string, error) {
	if !senderOfSMS.MatchString(s) {
		return "", fault.New(fault.Invalid, fmt.Sprintf("%q is not a sender of text messages", s), `a number such as "+4930123456", or a name of at most 11 letters and digits`)
	}
	return s, nil
}
