package message

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// calendarWords are the names of one language, and how it writes a day in full.
type calendarWords struct {
	long                string
	months, shortMonths []string // January first
	days, shortDays     []string // Sunday first
}

func list(s string) []string { return strings.Split(s, " ") }

// languages are those whose names are known; others write dates in figures.
// Names as in Unicode CLDR, the forms that stand in a date.
var languages = map[string]calendarWords{
	"en": {"%-d %B %Y", list("January February March April May June July August September October November December"),
		list("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"),
		list("Sunday Monday Tuesday Wednesday Thursday Friday Saturday"), list("Sun Mon Tue Wed Thu Fri Sat")},
	"de": {"%-d. %B %Y", list("Januar Februar März April Mai Juni Juli August September Oktober November Dezember"),
		list("Jan. Feb. März Apr. Mai Juni Juli Aug. Sept. Okt. Nov. Dez."),
		list("Sonntag Montag Dienstag Mittwoch Donnerstag Freitag Samstag"), list("So Mo Di Mi Do Fr Sa")},
	"fr": {"%-d %B %Y", list("janvier février mars avril mai juin juillet août septembre octobre novembre décembre"),
		list("janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc."),
		list("dimanche lundi mardi mercredi jeudi vendredi samedi"), list("dim. lun. mar. mer. jeu. ven. sam.")},
	"es": {"%-d de %B de %Y", list("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"),
		list("ene feb mar abr may jun jul ago sept oct nov dic"),
		list("domingo lunes martes miércoles jueves viernes sábado"), list("dom lun mar mié jue vie sáb")},
	"it": {"%-d %B %Y", list("gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre"),
		list("gen feb mar apr mag giu lug ago set ott nov dic"),
		list("domenica lunedì martedì mercoledì giovedì venerdì sabato"), list("dom lun mar mer gio ven sab")},
	"nl": {"%-d %B %Y", list("januari februari maart april mei juni juli augustus september oktober november december"),
		list("jan feb mrt apr mei jun jul aug sep okt nov dec"),
		list("zondag maandag dinsdag woensdag donderdag vrijdag zaterdag"), list("zo ma di wo do vr za")},
	"pt": {"%-d de %B de %Y", list("janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro"),
		list("jan. fev. mar. abr. mai. jun. jul. ago. set. out. nov. dez."),
		list("domingo segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado"), list("dom. seg. ter. qua. qui. sex. sáb.")},
	"zh": {"%Y年%-m月%-d日", list("一月 二月 三月 四月 五月 六月 七月 八月 九月 十月 十一月 十二月"),
		list("1月 2月 3月 4月 5月 6月 7月 8月 9月 10月 11月 12月"),
		list("星期日 星期一 星期二 星期三 星期四 星期五 星期六"), list("周日 周一 周二 周三 周四 周五 周六")},
	"ja": {"%Y年%-m月%-d日", list("1月 2月 3月 4月 5月 6月 7月 8月 9月 10月 11月 12月"),
		list("1月 2月 3月 4月 5月 6月 7月 8月 9月 10月 11月 12月"),
		list("日曜日 月曜日 火曜日 水曜日 木曜日 金曜日 土曜日"), list("日 月 火 水 木 金 土")},
}

var errNoDate = errors.New("the date is not known for every customer: put it inside {% if %}")

// date writes a day in the language of the text; without a format in full. An
// instant, as events have them, is first taken into a zone: the shop's, or one
// by its IANA name.
func (l tongue) date(v any, format, zone func(string) string) (string, error) {
	s, ok := v.(string)
	switch {
	case v == nil:
		return "", errNoDate
	case !ok:
		return "", errors.New("not a date")
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		if t, err = time.Parse(time.RFC3339, s); err != nil {
			return "", errors.New("not a date: write it as 2026-03-02; a template cannot ask for today")
		}
		at := l.zone
		if name := zone(""); name != "" {
			if at, err = l.zones.Find(name); err != nil {
				return "", errors.New("not a zone: write it as Europe/Berlin")
			}
		}
		t = t.In(at)
	}
	base, _ := l.tag.Base()
	words := languages[base.String()]
	long := words.long
	if long == "" {
		long = "%Y-%m-%d"
	}
	f := format(long)
	if len(f) > 256 {
		return "", errTooLong
	}
	return strftime(f, t, words)
}

// strftime knows the directives that a message needs, none of which can be
// widened: the library's own pads to a million characters if asked.
func strftime(format string, t time.Time, words calendarWords) (string, error) {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(format, "%")
		b.WriteString(before)
		if !found {
			return b.String(), nil
		}
		directive := rest
		if len(directive) > 2 {
			directive = directive[:2]
		}
		if !strings.HasPrefix(directive, "-") && directive != "" {
			directive = directive[:1]
		}
		names := func(of []string, i int) error {
			if of == nil {
				return errors.New("the names of months and days are not known in this language: write figures, as %d.%m.%Y")
			}
			b.WriteString(of[i])
			return nil
		}
		var err error
		switch directive {
		case "Y":
			fmt.Fprintf(&b, "%04d", t.Year())
		case "y":
			fmt.Fprintf(&b, "%02d", t.Year()%100)
		case "m":
			fmt.Fprintf(&b, "%02d", int(t.Month()))
		case "-m":
			fmt.Fprint(&b, int(t.Month()))
		case "d":
			fmt.Fprintf(&b, "%02d", t.Day())
		case "-d":
			fmt.Fprint(&b, t.Day())
		case "e":
			fmt.Fprintf(&b, "%2d", t.Day())
		case "B":
			err = names(words.months, int(t.Month())-1)
		case "b":
			err = names(words.shortMonths, int(t.Month())-1)
		case "A":
			err = names(words.days, int(t.Weekday()))
		case "a":
			err = names(words.shortDays, int(t.Weekday()))
		case "H":
			fmt.Fprintf(&b, "%02d", t.Hour())
		case "I":
			fmt.Fprintf(&b, "%02d", (t.Hour()+11)%12+1)
		case "M":
			fmt.Fprintf(&b, "%02d", t.Minute())
		case "p":
			b.WriteString([]string{"AM", "PM"}[t.Hour()/12])
		case "j":
			fmt.Fprintf(&b, "%03d", t.YearDay())
		case "%":
			b.WriteByte('%')
		default:
			err = errors.New("the format has a % that stands for nothing; there are " + directives)
		}
		if err != nil {
			return "", err
		}
		format = rest[len(directive):]
	}
}

// directives is what a format may have, for the reference and for faults.
const directives = "%Y %y %B %b %m %-m %d %-d %e %j %A %a %H %I %M %p %%"
