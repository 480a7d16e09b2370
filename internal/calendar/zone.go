package calendar

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // a server without zone files must not fall back to UTC

	"github.com/rewave/rewave/internal/fault"
)

var zoneName = regexp.MustCompile(`^[A-Z][A-Za-z0-9_+-]*(/[A-Z][A-Za-z0-9_+-]*){0,2}$`)

// Names people write for places that have a zone under another name.
var otherNames = map[string]string{
	"asia/beijing": "Asia/Shanghai", "asia/peking": "Asia/Shanghai", "prc": "Asia/Shanghai", "beijing": "Asia/Shanghai",
	"asia/shenzhen": "Asia/Shanghai", "asia/guangzhou": "Asia/Shanghai", "asia/bangalore": "Asia/Kolkata", "asia/mumbai": "Asia/Kolkata",
	"asia/delhi": "Asia/Kolkata", "asia/hanoi": "Asia/Ho_Chi_Minh", "europe/munich": "Europe/Berlin", "europe/frankfurt": "Europe/Berlin",
	"europe/geneva": "Europe/Zurich", "europe/milan": "Europe/Rome", "europe/barcelona": "Europe/Madrid",
	"america/washington": "America/New_York", "america/boston": "America/New_York", "america/miami": "America/New_York",
	"america/san_francisco": "America/Los_Angeles", "america/seattle": "America/Los_Angeles", "utc+0": "UTC", "gmt+0": "UTC", "z": "UTC",
}

// Zones finds zones and keeps them: to read one takes longer than all else that is
// planned for a customer, and there are some hundred of them. The zero Zones is
// ready to use, by many at once.
type Zones struct{ found sync.Map }

// Find is Zone.
func (z *Zones) Find(name string) (*time.Location, error) {
	if zone, ok := z.found.Load(name); ok {
		return zone.(*time.Location), nil
	}
	zone, err := Zone(name)
	if err == nil {
		z.found.Store(name, zone)
	}
	return zone, err
}

// Zone is the time zone with this IANA name, such as Europe/Berlin, or UTC. An
// empty name, Local, an offset such as GMT+8 and an unknown name are errors,
// each a *fault.Fault: a zone is never guessed.
func Zone(name string) (*time.Location, error) {
	if name == "" {
		return nil, fault.New(fault.Invalid, "the time zone is empty", "name it as in Europe/Berlin, or UTC")
	}
	switch name {
	case "Local", "Factory", "localtime", "posixrules":
		return nil, fault.New(fault.Invalid, fmt.Sprintf("%q is not a time zone that means the same on every machine", name),
			"name it as in Europe/Berlin, or UTC")
	}
	if zoneName.MatchString(name) {
		if zone, err := time.LoadLocation(name); err == nil {
			return zone, nil
		}
	}
	hint := "name it as in Europe/Berlin, or UTC"
	if near := nearZone(name); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return nil, fault.New(fault.Invalid, fmt.Sprintf("unknown time zone %q", name), hint)
}

// nearZone tries the name in the spelling of the zone data.
func nearZone(name string) string {
	lower := strings.ToLower(strings.ReplaceAll(strings.TrimSpace(name), " ", "_"))
	if other, ok := otherNames[lower]; ok {
		return other
	}
	title := []rune(lower)
	for i, r := range title {
		if i == 0 || title[i-1] == '/' || title[i-1] == '_' || title[i-1] == '-' {
			title[i] = []rune(strings.ToUpper(string(r)))[0]
		}
	}
	for _, candidate := range []string{strings.ToUpper(lower), string(title)} {
		if zoneName.MatchString(candidate) {
			if _, err := time.LoadLocation(candidate); err == nil {
				return candidate
			}
		}
	}
	return ""
}
