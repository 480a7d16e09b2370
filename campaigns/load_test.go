package campaigns

import (
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/source"
)

var update = flag.Bool("update", false, "rewrite the expected diagnostics")

// folder is a campaign folder with the given campaign.yaml.
func folder(yaml string) fstest.MapFS {
	text := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	files := fstest.MapFS{
		"c/campaign.yaml":               text(yaml),
		"c/messages/thanks/subject.txt": text("Thank you\n"),
		"c/messages/thanks/text.txt":    text("Hello\r\n{{ unsubscribe_url }}\n"),
		"c/messages/thanks/.DS_Store":   text("x"),
		"c/messages/coupon/subject.txt": text("A present"),
		"c/messages/coupon/text.txt":    text("Hello\n"),
		"c/messages/coupon/body.html":   text("<p>Hello\n"),
		"c/messages/broken/subject.txt": text("two\nlines"),
		"c/messages/broken/text.txt":    text("\xff"),
		"c/messages/broken/body.htm":    text("<p>"),
		"c/messages/broken/notes.md":    text("notes"),
		"c/messages/empty/subject.txt":  text(" \n"),

		"c/messages/thanks/sms.txt":           text("Thank you\n"),
		"c/messages/coupon/sms.txt":           text("A present\n"),
		"c/messages/half/subject.txt":         text("Hello"),
		"c/messages/half/text.txt":            text("Hello\n"),
		"c/messages/half/zh/subject.txt":      text("你好"),
		"c/messages/half/zh/sms.text":         text("你好"),
		"c/messages/half/zh/tw/sms.txt":       text("你好"),
		"c/messages/odd/sms.txt":              text("Hello\n"),
		"c/messages/odd/zh_CN/sms.txt":        text("你好"),
		"c/messages/odd/zh-CN/sms.txt":        text(""),
		"c/messages/odd/zh-CN/subject.txt":    text("你\n好"),
		"c/messages/odd/zh-CN/text.txt":       text("你好"),
		"c/messages/care/zh-Hans/text.txt":    text("你好"),
		"c/messages/care/zh/text.txt":         text("你好\n"),
		"c/messages/care/zh-Hans/sms.txt":     text("您好"),
		"c/messages/care/zh/sms.txt":          text("您好"),
		"c/messages/care/zh/subject.txt":      text("您好"),
		"c/messages/care/zh-Hans/subject.txt": text("您好"),
	}
	for _, name := range []string{"hello", "care", "care-food", "care-clothing"} {
		files["c/messages/"+name+"/subject.txt"] = text(name)
		files["c/messages/"+name+"/text.txt"] = text(name + "\n")
		files["c/messages/"+name+"/sms.txt"] = text(name + "\n")
	}
	return files
}

var (
	evening = Options{Root: "shop", Quiet: map[string]calendar.Window{"email": {From: 21 * 60, To: 9 * 60}, "sms": {From: 21 * 60, To: 9 * 60}},
		Pools: []string{"d11-20-off", "food-10", "all-10", "short-5"}}
)

func TestGoodFixtures(t *testing.T) {
	t.Parallel()
	for _, file := range glob(t, "testdata/*.good.yaml") {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			if _, err := Load(folder(slurp(t, file)), "c", evening); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestBadFixtures(t *testing.T) {
	t.Parallel()
	for _, file := range glob(t, "testdata/*.bad.yaml") {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			_, err := Load(folder(slurp(t, file)), "c", evening)
			var list source.List
			if !errors.As(err, &list) {
				t.Fatalf("got %v, want diagnostics", err)
			}
			got, golden := list.Error()+"\n", file+".want"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(got, slurp(t, golden)); diff != "" {
				t.Errorf("-got +want\n%s", diff)
			}
		})
	}
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %v, %v", pattern, files, err)
	}
	return files
}

func slurp(t testing.TB, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

const day = 24 * time.Hour

func TestLoadReadsEverything(t *testing.T) {
	t.Parallel()
	got, err := Load(folder(slurp(t, "testdata/everything.good.yaml")), "c", evening)
	if err != nil {
		t.Fatal(err)
	}
	pool := func(name string, expires time.Duration, exhausted string) *Coupon {
		return &Coupon{Pool: name, Expires: expires, Exhausted: exhausted}
	}
	budget, natural, redemption := int64(2_000_050), holdout.Share(60_000_000), holdout.Share(82_500_000)
	plain := MessageFiles{Subject: "Thank you", Text: "Hello\n{{ unsubscribe_url }}\n", SMS: "Thank you\n"}
	want := Campaign{
		Name: "everything", Says: "Every key of the format.", Owner: "retention@shop.example",
		Enter: Enter{
			Schedule: &Schedule{RRule: "FREQ=MONTHLY;BYDAY=1MO", Since: calendar.Date{Year: 2026, Month: 1, Day: 1}, Time: 600},
			When:     "orders.count >= 2", Again: Again{EachTime: true},
		},
		From: calendar.Date{Year: 2026, Month: 11, Day: 12}, Until: calendar.Date{Year: 2027, Month: 6, Day: 1},
		Holdout: Holdout{Auto: true}, Exit: []string{"repurchased"}, HoldWhile: []string{"complaint_open", "dispute"}, IfFeedStale: "skip",
		Rounds: Rounds{Times: 2, Every: 30 * day},
		Strata: &Strata{
			By:      "customer.region",
			Values:  []Stratum{{Name: "食品", Notes: map[string]string{"concern": "safety", "claim": "No additives: none"}}, {Name: "daily"}},
			Default: "daily",
		},
		Waves: []Wave{
			{
				Name: "thanks", After: After{Wait: day}, Between: &calendar.Window{From: 570, To: 1440}, Channels: []string{"sms", "email"},
				Content: Content{Message: "messages/thanks", Coupon: pool("all-10", 10*day, "wait")},
				Skip:    Skip{Share: 125_000_000, Written: true},
				Variants: []Variant{
					{Name: "plain", Share: 333_000_000},
					{Name: "short", Share: 667_000_000, Content: Content{Message: "messages/hello", Coupon: pool("short-5", 0, "send")}},
				},
				ByStratum: []StratumPart{
					{Stratum: "食品", Content: Content{Message: "messages/care-food", Coupon: pool("food-10", 0, "skip")}},
					{Stratum: "default", Content: Content{NoCoupon: true}},
				},
				ExpiresAfter: 2 * day,
			},
			{
				Name: "receipt", Service: true, Consent: true, Capped: true,
				After:    After{Wave: "thanks", Wait: 36 * time.Hour, RequiresAccepted: true, Unless: []string{"repurchased"}},
				Channels: []string{"email"}, Content: Content{Message: "messages/care"},
			},
		},
		Limits: Limits{PerCustomer: &Cap{Count: 4, Window: 14 * day}, PerMinute: 600, BudgetMinor: &budget, BudgetDigits: 2, Priority: 0, Group: "seasonal"},
		Evaluation: Evaluation{
			Primary: Primary{Metric: "repurchase_rate", Point: "overall_30d"},
			Metrics: []string{"revenue", "repurchase_rate"},
			Points: []Point{
				{Name: "overall_30d", Anchor: Anchor{Wave: "thanks", Round: 1}, Window: 30 * day},
				{Name: "thanks_10d", Anchor: Anchor{Wave: "thanks"}, Window: 10 * day},
				{Name: "programme", Anchor: Anchor{Entry: true}, Window: 182 * day},
				{Name: "sequence_2d", Anchor: Anchor{SequenceEnd: true}, Window: 2 * day},
			},
			Looks: []string{"round", "thanks_10d"}, Cohort: "month", By: []string{"stratum", "customer.locale"},
			Expect: Expect{Enrollments: 5000, NaturalRate: &natural, Redemption: &redemption},
		},
		Version: got.Version, Design: got.Design, Dir: "shop/c",
		Messages: map[string]Message{
			"messages/thanks":    {"": plain},
			"messages/hello":     {"": {Subject: "hello", Text: "hello\n", SMS: "hello\n"}},
			"messages/care-food": {"": {Subject: "care-food", Text: "care-food\n", SMS: "care-food\n"}},
			"messages/care": {
				"":        {Subject: "care", Text: "care\n", SMS: "care\n"},
				"zh":      {Subject: "您好", Text: "你好\n", SMS: "您好"},
				"zh-Hans": {Subject: "您好", Text: "你好", SMS: "您好"},
			},
		},
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
}

// What a campaign of one channel and no branches comes to.
func TestLoadReadsTheCore(t *testing.T) {
	t.Parallel()
	got, err := Load(folder(slurp(t, "testdata/whole.good.yaml")), "c", evening)
	if err != nil {
		t.Fatal(err)
	}
	want := Campaign{
		Name: "double11-new-buyers", Says: "Bring the new buyers of Double 11 back; five rounds.", Owner: "retention@shop.example",
		Enter: Enter{
			Schedule: &Schedule{AtDate: calendar.Date{Year: 2026, Month: 11, Day: 12}, Time: 600},
			When:     `orders.on("2026-11-11").revenue >= 299 and orders.before("2026-11-11").count == 0`,
			Again:    Again{After: 180 * day},
		},
		From: calendar.Date{Year: 2026, Month: 11, Day: 12}, Until: calendar.Date{Year: 2027, Month: 6, Day: 1},
		Holdout: Holdout{Share: 333_000_000},
		Exit:    []string{"repurchased"}, IfFeedStale: "wait",
		Rounds: Rounds{Times: 5, Every: 30 * day},
		Waves: []Wave{
			{Name: "thanks", After: After{Wait: day}, Between: &calendar.Window{From: 570, To: 1230}, Channels: []string{"email"}, Content: Content{Message: "messages/thanks"}},
			{Name: "coupon", After: After{Wave: "thanks", Wait: 3 * day}, Channels: []string{"email"}, Content: Content{Message: "messages/coupon"}, ExpiresAfter: 2 * day},
			{Name: "care", After: After{Wave: "coupon", Wait: 14 * day, RequiresAccepted: true}, Channels: []string{"email"}, Content: Content{Message: "messages/coupon"}},
		},
		Limits: Limits{PerCustomer: &Cap{Count: 4, Window: 14 * day}, Priority: 50},
		Evaluation: Evaluation{
			Primary: Primary{Metric: "repurchase_rate", Point: "overall_30d"},
			Points: []Point{
				{Name: "coupon_10d", Anchor: Anchor{Wave: "coupon"}, Window: 10 * day},
				{Name: "overall_30d", Anchor: Anchor{Wave: "thanks", Round: 1}, Window: 30 * day},
				{Name: "programme", Anchor: Anchor{Entry: true}, Window: 180 * day},
				{Name: "sequence_2d", Anchor: Anchor{SequenceEnd: true}, Window: 2 * day},
			},
		},
		Version: got.Version, Design: got.Design, Dir: "shop/c",
		Messages: map[string]Message{
			"messages/thanks": {"": {Subject: "Thank you", Text: "Hello\n{{ unsubscribe_url }}\n", SMS: "Thank you\n"}},
			"messages/coupon": {"": {Subject: "A present", Text: "Hello\n", HTML: "<p>Hello\n", SMS: "A present\n"}},
		},
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	got, err := Load(folder(slurp(t, "testdata/least.good.yaml")), "c", Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := Campaign{
		Name: "least", Enter: Enter{On: "order_paid", When: "order.revenue >= 50"}, Holdout: Holdout{Because: "a trial of the templates on ourselves"},
		IfFeedStale: "send", Rounds: Rounds{Times: 1}, Limits: Limits{Priority: 50},
		Waves: []Wave{{Name: "a", Channels: []string{"email"}, Content: Content{Message: "messages/thanks"}}},
		Evaluation: Evaluation{
			Primary: Primary{Metric: "repurchase_rate", Point: "overall_30d"},
			Points:  []Point{{Name: "overall_30d", Anchor: Anchor{Wave: "a", Round: 1}, Window: 30 * day}},
		},
		Dir: "c",
	}
	if diff := cmp.Diff(got, want, cmpopts.IgnoreFields(Campaign{}, "Version", "Design", "Messages")); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
}

func TestFolders(t *testing.T) {
	t.Parallel()
	least := slurp(t, "testdata/least.good.yaml")
	files := folder(least)
	files["four/campaign.yml"] = &fstest.MapFile{Data: []byte(least)}
	files["notes/readme.txt"] = &fstest.MapFile{}
	files["campaign.go"] = &fstest.MapFile{}
	files[".git/campaign.yaml"] = &fstest.MapFile{}
	found, err := Folders(files)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(found, []string{"c", "four"}); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
	_, err = Load(files, "four", Options{Root: "shop"})
	if diff := cmp.Diff(err, error(source.List{{File: "shop/four/campaign.yml", Message: "is not read", Hint: "rename it to campaign.yaml"}})); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
}

func TestNoCampaign(t *testing.T) {
	t.Parallel()
	files := folder("")
	for dir, what := range map[string]string{"other": "there is no such folder", "../c": "there is no such folder", "c/a\x00b": "there is no such folder",
		"c/messages": "there is no campaign.yaml in it", "c/campaign.yaml": "is a file"} {
		_, err := Load(files, dir, Options{})
		want := source.List{{File: dir, Message: what, Hint: "a campaign is a folder with a campaign.yaml"}}
		if diff := cmp.Diff(err, error(want)); diff != "" {
			t.Errorf("%q (-got +want):\n%s", dir, diff)
		}
	}
}

// What a campaign leans on is the shop's: channels, pools, the currency.
func TestOptions(t *testing.T) {
	t.Parallel()
	files := folder(strings.Replace(slurp(t, "testdata/everything.good.yaml"), "20000.50", "20000.5", 1))
	files["c/messages/hello/text.txt"] = &fstest.MapFile{Data: []byte(strings.Repeat("x", source.MaxFile+1))}
	files["c/messages/care-food/subject.txt"] = &fstest.MapFile{Mode: fs.ModeDir | 0o755}
	none := 0
	_, err := Load(files, "c", Options{Root: "shop", Channels: []string{"email"}, Pools: []string{}, CurrencyDigits: &none})
	want := `shop/c/campaign.yaml:27:16: waves[0].channels[0]: channel "sms" is not set up (describe it below ` + "`channels:`" + ` in rewave.yaml)
shop/c/campaign.yaml:29:20: waves[0].coupon.pool: there is no coupon pool "all-10" (make it: rewave coupon generate all-10, or import its codes: rewave coupon import all-10 FILE)
shop/c/campaign.yaml:31:21: waves[0].by_stratum.食品.message: messages/care-food/subject.txt cannot be read
shop/c/campaign.yaml:31:56: waves[0].by_stratum.食品.coupon.pool: there is no coupon pool "food-10" (make it: rewave coupon generate food-10, or import its codes: rewave coupon import food-10 FILE)
shop/c/campaign.yaml:36:38: waves[0].variants.short.message: messages/hello/text.txt has more than 262144 bytes
shop/c/campaign.yaml:36:69: waves[0].variants.short.coupon.pool: there is no coupon pool "short-5" (make it: rewave coupon generate short-5, or import its codes: rewave coupon import short-5 FILE)
shop/c/campaign.yaml:45:59: limits.budget: "20000.5" is not an amount (it has at most 0 decimals)`
	if diff := cmp.Diff(err.Error(), want); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
}
