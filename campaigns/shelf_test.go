package campaigns_test

import (
	"fmt"
	"html"
	"io/fs"
	"maps"
	"math"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/config"
	"github.com/rewave/rewave/internal/gsm"
	"github.com/rewave/rewave/internal/message"
	"github.com/rewave/rewave/internal/scenario"
)

// languages are those in which every campaign that ships speaks, by locale, with
// what its pages say of themselves.
var languages = map[string]string{"": "en", "zh": "zh-CN"}

// maxSegments is what a text message of the shelf may cost.
const maxSegments = 2

func loadShelf(t *testing.T) []campaigns.Campaign {
	t.Helper()
	night := calendar.Window{From: 21 * 60, To: 9 * 60}
	folders, err := campaigns.Folders(campaigns.Library())
	if err != nil {
		t.Fatal(err)
	}
	found := make([]campaigns.Campaign, len(folders))
	for i, folder := range folders {
		if found[i], err = campaigns.Load(campaigns.Library(), folder, campaigns.Options{Quiet: map[string]calendar.Window{"email": night, "sms": night}}); err != nil {
			t.Fatal(err)
		}
	}
	return found
}

func TestShelfLoads(t *testing.T) {
	t.Parallel()
	got := map[string]string{}
	for _, c := range loadShelf(t) {
		got[c.Dir] = c.Name
		if c.Says == "" || c.Owner == "" {
			t.Errorf("%s does not say what it is for, or who answers for it", c.Dir)
		}
	}
	want := map[string]string{"delay-notice": "delay-notice", "double-11": "double11-new-buyers", "mother-and-baby": "mother-and-baby",
		"second-order": "second-order", "thanks-coupon-care": "thanks-coupon-care", "win-back": "win-back",
		"win-back-coupon": "win-back-coupon"}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
}

// Whatever lies in the folder is on the shelf.
func TestShelfIsWhole(t *testing.T) {
	t.Parallel()
	embedded, err := fs.Glob(campaigns.Library(), "*")
	if err != nil {
		t.Fatal(err)
	}
	files, err := fs.Glob(os.DirFS("."), "*/"+campaigns.File)
	if err != nil {
		t.Fatal(err)
	}
	var folders []string
	for _, file := range files {
		folders = append(folders, path.Dir(file))
	}
	if diff := cmp.Diff(embedded, folders); diff != "" {
		t.Errorf("library.go: -got +want\n%s", diff)
	}
}

// Every campaign carries tests, and does what they say.
func TestShelfDoesWhatItsTestsSay(t *testing.T) {
	t.Parallel()
	for _, c := range loadShelf(t) {
		t.Run(c.Dir, func(t *testing.T) {
			t.Parallel()
			files, err := scenario.Load(campaigns.Library(), c.Dir, "", c, config.Default())
			if err != nil {
				t.Fatal(err)
			}
			play(t, c, files)
		})
	}
}

// play runs every case of the files, of which there must be one.
func play(t *testing.T, c campaigns.Campaign, files []scenario.File) {
	t.Helper()
	if len(files) == 0 {
		t.Fatal("there is no test")
	}
	r := scenario.NewRunner(c)
	for _, f := range files {
		for _, k := range f.Cases {
			result, err := r.Run(k)
			if err != nil {
				t.Fatal(err)
			}
			if len(result.Differences) > 0 {
				t.Error(result.Text(false))
			}
		}
	}
}

// content is one message in one language with what it was made for.
type content struct {
	files  message.Files
	locale string
	use    message.Options
	set    *message.Set
}

// eachContent runs f for every message of the shelf in every language.
func eachContent(t *testing.T, f func(*testing.T, content)) {
	t.Helper()
	for _, c := range loadShelf(t) {
		uses := message.Uses(c, message.Options{Currency: "EUR"})
		for _, folder := range slices.Sorted(maps.Keys(c.Messages)) {
			name := path.Join(c.Dir, folder)
			set, err := message.NewSet(name, c.Messages[folder], uses[folder])
			if err != nil {
				t.Error(err)
				continue
			}
			for locale, files := range c.Messages[folder] {
				t.Run(path.Join(name, locale), func(t *testing.T) {
					t.Parallel()
					f(t, content{files: files, locale: locale, use: uses[folder], set: set})
				})
			}
		}
	}
}

// Every message is sound, and says the same parts in both languages.
func TestShelfMessages(t *testing.T) {
	t.Parallel()
	for _, c := range loadShelf(t) {
		uses := message.Uses(c, message.Options{Currency: "EUR"})
		for folder, m := range c.Messages {
			name := path.Join(c.Dir, folder)
			if _, err := message.Check(name, m, uses[folder]); err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff(slices.Sorted(maps.Keys(m)), slices.Sorted(maps.Keys(languages))); diff != "" {
				t.Errorf("%s is in other languages (-got +want):\n%s", name, diff)
			}
			for locale, files := range m {
				if diff := cmp.Diff(parts(files), parts(m[""])); diff != "" {
					t.Errorf("%s/%s has other parts than the text for everybody (-got +want):\n%s", name, locale, diff)
				}
			}
			if email := slices.Contains(uses[folder].Channels, message.Email); email != (m[""].HTML != "") || email != (m[""].Text != "") {
				t.Errorf("%s is sent by %v and has %v", name, uses[folder].Channels, parts(m[""]))
			}
			if sms := slices.Contains(uses[folder].Channels, message.SMS); sms != (m[""].SMS != "") {
				t.Errorf("%s is sent by %v and has %v", name, uses[folder].Channels, parts(m[""]))
			}
		}
	}
}

func parts(f message.Files) []string {
	var names []string
	for name, text := range map[string]string{message.SubjectFile: f.Subject, message.TextFile: f.Text, message.HTMLFile: f.HTML, message.SMSFile: f.SMS} {
		if text != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// readers are customers, coupons and events that lead through every branch of
// the messages.
func readers(t *testing.T) map[string]message.Bindings {
	t.Helper()
	plain, err := message.NewSet("plain", map[string]message.Files{"": {Subject: "s", Text: "t"}}, message.Options{})
	if err != nil {
		t.Fatal(err)
	}
	all := message.SampleFor(plain.For(""))
	all.Event = map[string]any{"order": "O-2087", "expected_on": "2026-03-02", "promised_on": "2026-03-04", "promised_hour": "18:00"}
	eur := func(minor int64) *message.Amount { return &message.Amount{Minor: minor, Currency: "EUR"} }
	all.Coupon = &message.Coupon{Value: eur(20_00), MinSpend: eur(100_00), ExpiresOn: all.Coupon.ExpiresOn}
	percent := all
	percent.Coupon = &message.Coupon{Percent: 12.5, MinSpend: eur(100_00), ExpiresOn: all.Coupon.ExpiresOn}
	percent.Event = map[string]any{"expected_on": "2026-03-04", "promised_on": "2026-03-04"}
	present := message.Bindings{Customer: message.Customer{ID: all.Customer.ID}, Shop: all.Shop, Order: &message.Order{ID: all.Order.ID, On: all.Order.On},
		Coupon: &message.Coupon{}, UnsubscribeURL: all.UnsubscribeURL}
	return map[string]message.Bindings{"everything known": all, "a percentage, and no margin": percent, "nothing known": present}
}

const code = "D117Q2WK9XM34"

func TestShelfTextMessages(t *testing.T) {
	t.Parallel()
	eachContent(t, func(t *testing.T, c content) {
		if c.files.SMS == "" {
			return // the wave sends none
		}
		for who, b := range readers(t) {
			got := splice(t, c, message.SMS, b).SMS
			if l := gsm.Measure(got); l.Segments > maxSegments {
				t.Errorf("%s: %v, want %d at most:\n%s", who, l, maxSegments, got)
			}
			if c.locale == "" && gsm.Foreign(got) != "" {
				t.Errorf("%s: %q makes it twice as dear:\n%s", who, gsm.Foreign(got), got)
			}
			if !strings.Contains(got, b.Shop.Name) {
				t.Errorf("%s: does not say whose it is:\n%s", who, got)
			}
		}
	})
}

// splice is what a customer reads.
func splice(t *testing.T, c content, channel string, b message.Bindings) message.Content {
	t.Helper()
	tpl := c.set.For(c.locale).Only(channel)
	out, err := message.Render(tpl, b)
	if err != nil {
		t.Fatal(err)
	}
	if out, err = message.Splice(out, code); err != nil {
		t.Fatal(err)
	}
	if whole := fmt.Sprint(out); strings.Contains(written(c), "coupon.code") != strings.Contains(whole, code) {
		t.Errorf("the code is lost:\n%s", whole)
	}
	for _, text := range []string{out.Subject, out.Text, out.HTML, out.SMS} {
		for _, odd := range []string{"  ,", " ,", " .", "..", ",,", "，，", "。。", "（）", "  。"} {
			if strings.Contains(strings.ReplaceAll(text, "…", ""), odd) {
				t.Errorf("holds %q:\n%s", odd, text)
			}
		}
	}
	return out
}

// written is what stands in all files.
func written(c content) string {
	return c.files.Subject + c.files.Text + c.files.HTML + c.files.SMS
}

var (
	footer     = regexp.MustCompile(`(?s)<hr.*`)
	paragraph  = regexp.MustCompile(`(?s)<p[^>]*>(.*?)</p>`)
	markup     = regexp.MustCompile(`<[^>]*>`)
	spaces     = regexp.MustCompile(`\s+`)
	colour     = regexp.MustCompile(`[;"]color:#([0-9a-f]{3,6})`)
	background = regexp.MustCompile(`background(?:-color)?:(#[0-9a-f]{3,6}|[a-z]+)`)
	picture    = regexp.MustCompile(`<img\b[^>]*>`)
)

func TestShelfEmails(t *testing.T) {
	t.Parallel()
	eachContent(t, func(t *testing.T, c content) {
		if c.files.Text == "" {
			return // the wave sends none
		}
		head := "<!doctype html>\n<html lang=\"" + languages[c.locale] + "\">\n<head>\n<meta charset=\"utf-8\">\n"
		if !strings.HasPrefix(c.files.HTML, head) {
			t.Errorf("body.html does not begin with\n%s", head)
		}
		for _, img := range picture.FindAllString(c.files.HTML, -1) {
			if !strings.Contains(img, " alt=") {
				t.Errorf("%s has no alt", img)
			}
		}
		for _, m := range background.FindAllStringSubmatch(c.files.HTML, -1) {
			if m[1] != "#fff" {
				t.Errorf("the contrast is measured on white, and here is a background of %s", m[1])
			}
		}
		for _, m := range colour.FindAllStringSubmatch(c.files.HTML, -1) {
			if got := onWhite(t, m[1]); got < 4.5 { // WCAG 2.1, 1.4.3
				t.Errorf("#%s on white has a contrast of %.2f, want 4.5 at least", m[1], got)
			}
		}
		if !strings.Contains(c.files.Text, "\n-- \n") { // RFC 3676, 4.3: with the space, or programs take it for text
			t.Error("text.txt has no signature line")
		}
		for who, b := range readers(t) {
			got := splice(t, c, message.Email, b)
			if n := utf8.RuneCountInString(got.Subject); n > 60 {
				t.Errorf("%s: the subject has %d letters, and programs show 60: %s", who, n, got.Subject)
			}
			for line := range strings.Lines(got.Text) {
				if len(line) > 998 { // RFC 5322, 2.1.1
					t.Errorf("%s: a line has %d bytes: %s", who, len(line), line)
				}
			}
			// The text part is the whole message.
			text := spaces.ReplaceAllString(got.Text, "")
			for _, m := range paragraph.FindAllStringSubmatch(footer.ReplaceAllString(got.HTML, ""), -1) {
				said := spaces.ReplaceAllString(html.UnescapeString(markup.ReplaceAllString(m[1], "")), "")
				if !strings.Contains(text, said) {
					t.Errorf("%s: only body.html says %q", who, said)
				}
			}
		}
	})
}

// onWhite is the contrast of a colour on white by WCAG 2.1.
func onWhite(t *testing.T, hex string) float64 {
	t.Helper()
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	n, err := strconv.ParseUint(hex, 16, 24)
	if err != nil {
		t.Fatal(err)
	}
	linear := func(b uint64) float64 {
		v := float64(b&0xff) / 255
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	luminance := 0.2126*linear(n>>16) + 0.7152*linear(n>>8) + 0.0722*linear(n)
	return 1.05 / (luminance + 0.05)
}

// A link that a writer forgot to replace would reach customers.
func TestShelfLinksLeadToNoExample(t *testing.T) {
	t.Parallel()
	eachContent(t, func(t *testing.T, c content) {
		all := written(c)
		if at := regexp.MustCompile(`https?://|example`).FindString(all); at != "" {
			t.Errorf("holds %q: the shelf knows no shop's address", at)
		}
		if linked := strings.Contains(all, "unsubscribe_url"); linked == c.use.Service {
			t.Errorf("a service: %v, and a link to unsubscribe: %v", c.use.Service, linked)
		}
	})
}
