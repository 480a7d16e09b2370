package config

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/fault"
)

const whole = `
shop: {name: Example, zone: Europe/Berlin, currency: EUR, margin: 35%}
public_url: https://mail.shop.example/
channels:
  email:
    adapter: smtp
    host: smtp.shop.example
    user: rewave
    password_env: SMTP_PASSWORD
    tls: tls
    from: Example <hello@shop.example>
    reply_to: service@shop.example
    cost: 0.002
    in_flight: 20
    per_second: 50
    warm_up: {from: "2026-12-01", start: 200, grow: 1.5, until: 50000}
    allow_unreconciled: true
  sms: {adapter: file, directory: out/sms, from: Example, cost: 0.07, in_flight: 5, per_minute: 600}
quiet_hours:
  email: {default: ["21:00", "09:00"], FR: ["20:00", "10:00"]}
  sms: {NO: ["19:00", "10:00"]}
caps: {per_customer: 4 in 14d}
groups: {promo: {per_customer: 1 in 7d}}
blackout: ["2026-12-24", {from: "2027-01-28", to: "2027-02-03", in: [CN, TW], kind: all}]
global_holdout: {share: 2.5%, epoch: "2026-h1"}
feeds: {orders: {max_age: 2h}}
attributes: {likes: text, points: number, birthday: date, member: truth}
return_window: 2w
`

func load(t *testing.T, text string, environ ...string) (Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rewave.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load(path, environ)
	c.File = DefaultFile
	return c, err
}

func berlin(t *testing.T) *time.Location {
	zone, err := calendar.Zone("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestLoadWhole(t *testing.T) {
	t.Parallel()
	got, err := load(t, whole, "SMTP_PASSWORD=secret=1", "DATABASE_URL=postgres://u:p@db/rewave", "REDIS_URL=redis://r/0",
		"REWAVE_LISTEN=:9090", "REWAVE_PUBLIC_URL=http://localhost:9090", "HOME=/")
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		Shop:      Shop{Name: "Example", Zone: berlin(t), Currency: "EUR", Margin: Margin{Known: true, Billions: 350_000_000}},
		PublicURL: "http://localhost:9090",
		Email: &Email{
			Adapter: "smtp", Host: "smtp.shop.example", Port: 465, User: "rewave", PasswordEnv: "SMTP_PASSWORD", Password: "secret=1", TLS: "tls",
			From: "Example <hello@shop.example>", ReplyTo: "service@shop.example", CostMicros: 2000, Flow: Flow{InFlight: 20, Messages: 50, Per: time.Second, WarmUp: &WarmUp{From: calendar.Date{Year: 2026, Month: time.December, Day: 1}, Start: 200, Grow: 1.5, Until: 50000}}, AllowUnreconciled: true,
		},
		SMS:        &SMS{Adapter: "file", Directory: "out/sms", From: "Example", CostMicros: 70_000, Flow: Flow{InFlight: 5, Messages: 600, Per: time.Minute}},
		QuietHours: map[string]calendar.Window{"email": {From: 21 * 60, To: 9 * 60}},
		QuietIn: map[string]map[string]calendar.Window{
			"FR": {"email": {From: 20 * 60, To: 10 * 60}},
			"NO": {"email": {From: 21 * 60, To: 9 * 60}, "sms": {From: 19 * 60, To: 10 * 60}},
		},
		Global:     Global{Share: 25_000_000, Epoch: "2026-h1"},
		Feeds:      map[string]time.Duration{"orders": 2 * time.Hour},
		Attributes: map[string]string{"likes": "text", "points": "number", "birthday": "date", "member": "truth"},
		Groups:     map[string]Cap{"promo": {Count: 1, Window: 7 * 24 * time.Hour}},
		Blackout: []calendar.Blackout{
			{From: calendar.Date{Year: 2026, Month: 12, Day: 24}, To: calendar.Date{Year: 2026, Month: 12, Day: 24}},
			{From: calendar.Date{Year: 2027, Month: 1, Day: 28}, To: calendar.Date{Year: 2027, Month: 2, Day: 3}, In: []string{"CN", "TW"}, All: true},
		},
		PerCustomer:  Cap{Count: 4, Window: 14 * 24 * time.Hour},
		ReturnWindow: 14 * 24 * time.Hour,
		Database:     "postgres://u:p@db/rewave", Redis: "redis://r/0", Listen: ":9090", File: DefaultFile,
	}
	sameZone := cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() })
	if diff := cmp.Diff(got, want, sameZone); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
	if err := got.Validate(); err != nil {
		t.Errorf("validate: %v", err)
	}
	if diff := cmp.Diff(got.Channels(), []string{"email", "sms"}); diff != "" {
		t.Errorf("channels: -got +want\n%s", diff)
	}
	for _, shown := range []string{fmt.Sprintf("%v %+v %#v %s", got, got, got.Database, got.Email.Password)} {
		if strings.Contains(shown, "secret=1") || strings.Contains(shown, "u:p@") {
			t.Errorf("a secret shows itself: %s", shown)
		}
	}
}

func TestAFileThatCannotBeReadSaysWhy(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, folder := Load(dir, nil)
	for _, test := range []struct {
		err  error
		want string
	}{
		{folder, "the configuration " + dir + " cannot be read: is a directory"},
		{unreadable("rewave.yaml", &fs.PathError{Op: "open", Path: "rewave.yaml", Err: syscall.EACCES}), "the configuration rewave.yaml cannot be read: permission denied"},
	} {
		f, ok := fault.Of(test.err)
		if !ok {
			t.Fatalf("got %v; want a fault", test.err)
		}
		got, want := f.Message+" / "+f.Hint, test.want+" / name another with --config, or have this one made readable"
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestLoadWithoutAFile(t *testing.T) {
	t.Chdir(t.TempDir())
	got, err := Load("", nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, Default(), cmp.Comparer(func(a, b *time.Location) bool { return a == b })); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
	_, err = Load("other.yaml", nil)
	if err == nil || err.Error() != "there is no configuration file other.yaml" {
		t.Errorf("got %v", err)
	}
	if err := os.WriteFile(DefaultFile, []byte(whole), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err = Load("", nil); err != nil || got.Shop.Name != "Example" || got.File != DefaultFile {
		t.Errorf("got %q of %q, %v", got.Shop.Name, got.File, err)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, given string
		environ     []string
		want        []string
	}{
		{"everything at once", `
shop: {name: "", zone: Europe/Berln, currency: eur, margin: 0.35}
public_url: mail.shop.example
chanels: {}
channels:
  email: {adapter: smpt, from: nobody, cost: -1}
  sms: {}
  fax: {}
global_holdout: 5%
excluded_orders: [test]
quiet_hours: {email: [21:00, "09:00"]}
caps: {per_customer: 4}
return_window: 30
`, nil, []string{
			`:2:14: shop.name: must be one line of text, at most 200 bytes`,
			`:2:24: shop.zone: unknown time zone "Europe/Berln" (name it as in Europe/Berlin, or UTC)`,
			`:2:48: shop.currency: "eur" is not a currency (did you mean "EUR"?)`,
			`:2:61: shop.margin: "0.35" is not a share (say per cent: 35%)`,
			`:3:13: public_url: "mail.shop.example" is not the base of a web address (for example https://mail.shop.example)`,
			`:4:1: chanels: unknown key "chanels" (did you mean "channels"?)`,
			`:6:20: channels.email.adapter: unknown adapter "smpt" (did you mean "smtp"?)`,
			`:6:32: channels.email.from: "nobody" is not an address to send from (for example Example <hello@shop.example>)`,
			`:6:46: channels.email.cost: "-1" is not an amount (write digits and at most one point: 0.25)`,
			`:7:8: channels.sms: "adapter" is missing (adapter: http posts messages to a provider, adapter: file writes them into a directory)`,
			`:7:8: channels.sms: "from" is missing (for example from: Example, or from: "+4930123456")`,
			`:8:3: channels.fax: unknown key "fax" (known keys: email, sms)`,
			`:9:17: global_holdout: must be keys with values, not text (known keys: share, epoch)`,
			`:10:1: excluded_orders: excluded_orders is not honoured yet (take it out: what is not honoured is refused, never ignored)`,
			`:11:23: quiet_hours.email[0]: must be in quotes (write "21:00")`,
			`:12:22: caps.per_customer: "4" is not a cap (for example 4 in 14d)`,
			`:13:16: return_window: "30" is not a duration (say the unit: 30m, 30h, 30d or 30w)`,
		}},
		{"no shop", "public_url: https://a.example\n", nil,
			[]string{`:1:1: "shop" is missing (for example shop: {name: Example, zone: Europe/Berlin, currency: EUR})`}},
		{"a password in the file", "shop: {name: E, zone: UTC, currency: EUR}\nchannels:\n  email:\n    adapter: smtp\n    host: smtp.e.example\n    from: a@e.example\n    user: u\n    password_env: hunter-2!\n    directory: out\n    allow_unreconciled: true\n", nil,
			[]string{
				`:8:19: channels.email.password_env: must be the name of an environment variable (for example password_env: SMTP_PASSWORD; a password never stands in this file)`,
				`:9:16: channels.email.directory: "directory" is a key of adapter: file, not of adapter: smtp`,
			}},
		{"a password without encryption", "shop: {name: E, zone: UTC, currency: EUR}\nchannels:\n  email: {adapter: smtp, host: smtp.e.example, from: a@e.example, user: u, password_env: P, tls: none, allow_unreconciled: true}\n", nil,
			[]string{`:3:73: channels.email.user: a password would travel without encryption (tls: starttls or tls: tls)`}},
		{"a provider that cannot be asked", "shop: {name: E, zone: UTC, currency: EUR}\nchannels:\n  email: {adapter: smtp, host: smtp.e.example, from: a@e.example}\n", nil,
			[]string{`:3:10: channels.email: after a broken connection SMTP can neither be asked for a message, nor refuse a repeated one, nor name it in its feedback: such deliveries stay unknown (write allow_unreconciled: true if that is acceptable)`}},
		{"a provider over HTTP", `
shop: {name: E, zone: UTC, currency: EUR}
channels:
  email: {adapter: http, from: a@e.example, url: http://p.example/m, token_env: sk-live-1, directory: out}
  sms:
    adapter: http
    from: E
    url: https://u:p@p.example/m
    idempotency: 1m
    lookup: p.example
    not_taken: [503, 200]
    feedback_secret_env: whsec.1
`, nil, []string{
			`:4:10: channels.email: after a broken connection this provider can neither refuse a repeated message, nor be asked for one, nor name it in its feedback: such deliveries stay unknown (say what it can: idempotency: 24h, lookup: URL or feedback_secret_env: NAME; or write allow_unreconciled: true if that is acceptable)`,
			`:4:50: channels.email.url: "http://p.example/m" is not https: messages and token would travel readable`,
			`:4:81: channels.email.token_env: must be the name of an environment variable (for example token_env: SMS_TOKEN; a token never stands in this file)`,
			`:4:103: channels.email.directory: "directory" is a key of adapter: file, not of adapter: http`,
			`:8:10: channels.sms.url: a password stands in the address (token_env names a variable that holds a token)`,
			`:9:18: channels.sms.idempotency: must be at least 10m, not 1m`,
			`:10:13: channels.sms.lookup: "p.example" is not a web address (for example https://provider.example/messages)`,
			`:11:22: channels.sms.not_taken[1]: must be a whole number from 500 to 599, not 200`,
			`:12:26: channels.sms.feedback_secret_env: must be the name of an environment variable (for example feedback_secret_env: SMS_FEEDBACK_SECRET; a secret never stands in this file)`,
		}},
		{"the environment", whole, []string{"DATABASE_URL=mysql://u:hunter2@x/y", "REDIS_URL=localhost:6379", "REWAVE_LISTEN=8080", "REWAVE_PUBLIC_URL=ftp://x"},
			[]string{
				`environment: DATABASE_URL: is not a URL that begins with postgres:// or postgresql:// (for example postgres://localhost/rewave)`,
				`environment: REDIS_URL: is not a URL that begins with redis:// or rediss:// or redis-cluster:// or rediss-cluster:// or redis-sentinel:// or rediss-sentinel:// or unix:// (for example redis://localhost/0)`,
				`environment: REWAVE_PUBLIC_URL: "ftp://x" is not the base of a web address (for example https://mail.shop.example)`,
				`environment: REWAVE_LISTEN: "8080" is not host:port (for example 127.0.0.1:8080)`,
			}},
		{"the shop's policies", `
shop: {name: E, zone: UTC, currency: EUR}
channels:
  sms: {adapter: smpp, directory: " ", from: An Example of a Shop, cost: "7 ct", in_flight: 0, per_second: 0, per_minute: 9, warm_up: {start: 9, grow: 1, until: 8}}
quiet_hours:
  email: {default: ["00:00", "24:00"], Germany: ["21:00", "09:00"], EU: ["21:00", "09:00"], FR: 21-9}
  sms: {DE: []}
kept_orders: state == "paid"
global_holdout: {share: 60%, epoch: "2026|1"}
feeds: {orders: {max_age: 0m, from: x}, events: {max_age: 2h}, order: {}}
`, nil, []string{
			`:4:18: channels.sms.adapter: smpp is not honoured yet (take it out: what is not honoured is refused, never ignored)`,
			`:4:46: channels.sms.from: "An Example of a Shop" is not a sender of text messages (a number such as "+4930123456", or a name of at most 11 letters and digits)`,
			`:4:74: channels.sms.cost: "7 ct" is not an amount (write digits and at most one point: 0.25)`,
			`:4:93: channels.sms.in_flight: must be a whole number from 1 to 1000, not 0`,
			`:4:108: channels.sms.per_second: must be a whole number from 1 to 10000, not 0`,
			`:4:123: channels.sms.per_minute: "per_minute" beside "per_second" (a channel has one rate: take one of them out)`,
			`:4:135: channels.sms.warm_up: "from" is missing (the first day: from: "2026-12-01")`,
			`:4:152: channels.sms.warm_up.grow: must be from 1.01 to 10 (grow: 1.5 is half as many more each day)`,
			`:4:162: channels.sms.warm_up.until: is below start (the most on any day: until: 50000)`,
			`:6:20: quiet_hours.email.default: the whole day is quiet: nothing would ever be sent`,
			`:6:40: quiet_hours.email.Germany: "Germany" is not a country (two capitals, as DE, GB or CN; or default for all others)`,
			`:6:69: quiet_hours.email.EU: "EU" is not a country (two capitals, as DE, GB or CN; or default for all others)`,
			`:6:97: quiet_hours.email.FR: must be a list, not text (write [21-9])`,
			`:7:13: quiet_hours.sms.DE: must be two times of day (for example ["09:30", "20:30"])`,
			`:8:1: kept_orders: kept_orders is not honoured yet (take it out: what is not honoured is refused, never ignored)`,
			`:9:25: global_holdout.share: half of the customers or more would never hear of anything (for example 3%)`,
			`:9:37: global_holdout.epoch: "2026|1" is not a name for an epoch (letters, digits, and . _ -, at most 60)`,
			`:10:27: feeds.orders.max_age: must be at least 1m, not 0m`,
			`:10:31: feeds.orders.from: unknown key "from" (known keys: max_age)`,
			`:10:41: feeds.events: events is not honoured yet (take it out: what is not honoured is refused, never ignored)`,
			`:10:64: feeds.order: unknown key "order" (did you mean "orders"?)`,
		}},
		{"attributes", "shop: {name: E, zone: UTC, currency: EUR}\nattributes:\n  likes: txt\n  first_name: text\n  \"a b\": text\n  points: number\n  sex: text\n  birthday: text\n", nil,
			[]string{
				`:3:10: attributes.likes: unknown kind "txt" (did you mean "text"?)`,
				`:4:3: attributes.first_name: "first_name" is a field of every customer (take it out: it need not be declared)`,
				`:5:3: attributes.a b: "a b" is not a name that a message can print (a letter, then letters, digits, _ and -, at most 60)`,
				`:8:13: attributes.birthday: the attribute "birthday" is a date in every shop, not a text (write birthday: date, or take it out and give yours another name)`,
			}},
		{"a holdout of nobody", "shop: {name: E, zone: UTC, currency: EUR}\nglobal_holdout: {share: 0%}\n", nil,
			[]string{
				`:2:17: global_holdout: "epoch" is missing (a name that changes when everybody is drawn anew: epoch: "2026")`,
				`:2:25: global_holdout.share: 0% holds out nobody (take global_holdout out)`,
			}},
		{"groups and days that cannot be", "shop: {name: E, zone: UTC, currency: EUR}\ngroups: {the season: {per_customer: 1 in 7d}, promo: {}, big: {per_customer: 7}}\n" +
			"blackout: [\"24.12.\", {from: \"2027-02-03\", to: \"2027-01-28\", in: [china], kind: some}, {to: \"2027-01-01\", in: []}]\n", nil,
			[]string{
				`:2:10: groups.the season: "the season" is not a name that a campaign can give as its group (letters, digits, and . _ - between them, at most 60: groups: {promo: {per_customer: 1 in 7d}})`,
				`:2:54: groups.promo: "per_customer" is missing (for example per_customer: 1 in 7d)`,
				`:2:78: groups.big.per_customer: "7" is not a cap (for example 4 in 14d)`,
				`:3:12: blackout[0]: "24.12." is not a date (write year-month-day: 2026-11-12)`,
				`:3:47: blackout[1].to: the last day lies before the first, 2027-02-03`,
				`:3:66: blackout[1].in[0]: "china" is not a country (two capitals, as DE, GB or CN)`,
				`:3:80: blackout[1].kind: unknown kind "some" (known: promotion, all)`,
				`:3:87: blackout[2]: "from" is missing (the first of the days: from: "2027-01-28")`,
				`:3:110: blackout[2].in: no country (for example in: [CN], or take it out for all)`,
			}},
		{"not a mapping", "- a\n", nil,
			[]string{`:1:1: must be keys with values, not a list (known keys: shop, public_url, channels, quiet_hours, caps, groups, blackout, global_holdout, feeds, attributes, return_window)`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "rewave.yaml")
			if err := os.WriteFile(path, []byte(test.given), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := Load(path, test.environ)
			if err == nil {
				t.Fatal("no fault")
			}
			got := strings.Split(strings.ReplaceAll(err.Error(), path, ""), "\n")
			if diff := cmp.Diff(got, test.want); diff != "" {
				t.Errorf("-got +want\n%s", diff)
			}
		})
	}
}

func TestValidateSaysWhatASenderLacks(t *testing.T) {
	t.Parallel()
	c := Default()
	c.Email = &Email{Adapter: "smtp", PasswordEnv: "SMTP_PASSWORD"}
	got := c.Validate().Error()
	want := `rewave.yaml: there is no rewave.yaml here (--config FILE names another)
environment: DATABASE_URL: is not set (for example DATABASE_URL=postgres://localhost/rewave)
environment: REDIS_URL: is not set (for example REDIS_URL=redis://localhost/0)
environment: SMTP_PASSWORD: is not set (channels.email.password_env names it)`
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
	c.File, c.Database, c.Redis, c.Email.Password = "shop.yaml", "postgres://x", "redis://x", "x"
	got = c.Validate().Error()
	want = `shop.yaml: public_url: is missing, and every message needs a link to unsubscribe (for example public_url: https://mail.shop.example)`
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
}

func TestWarnsOfLinksWithoutEncryption(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]int{
		"": 0, "https://mail.shop.example": 0, "http://localhost:8080": 0, "http://127.0.0.1": 0, "http://[::1]:8080": 0,
		"http://mail.shop.example": 1, "http://127.0.0.1.example": 1,
	} {
		if got := (Config{PublicURL: base}).Warnings(); len(got) != want {
			t.Errorf("%q: got %q, want %d", base, got, want)
		}
	}
}

func TestLoadAProviderOverHTTP(t *testing.T) {
	t.Parallel()
	const text = `
shop: {name: E, zone: UTC, currency: EUR}
public_url: https://e.example
channels:
  sms: {adapter: http, from: E, url: "https://p.example/m", token_env: TOKEN, idempotency: 24h, lookup: "https://p.example/m", not_taken: [503], feedback_secret_env: SECRETS}
  email: {adapter: http, from: a@e.example, url: "http://127.0.0.1:9/m", allow_unreconciled: true}
`
	c, err := load(t, text, "DATABASE_URL=postgres://x", "REDIS_URL=redis://x", "TOKEN=t1", "SECRETS=0123456789012345678901234567 abcdefghijabcdefghijabcdefgh")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]*HTTP{
		"email": {URL: "http://127.0.0.1:9/m"},
		"sms": {URL: "https://p.example/m", TokenEnv: "TOKEN", Token: "t1", Idempotency: 24 * time.Hour, Lookup: "https://p.example/m", NotTaken: []int{503},
			FeedbackEnv: "SECRETS", Feedback: []Secret{"0123456789012345678901234567", "abcdefghijabcdefghijabcdefgh"}},
	}
	if diff := cmp.Diff(c.HTTP(), want); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
	for _, test := range []struct{ environ, want string }{
		{"SECRETS=", "environment: SECRETS: is not set (channels.sms.feedback_secret_env names it)"},
		{"SECRETS=short", "environment: SECRETS: is too short to be a secret (at least 24 bytes at random)"},
		{"SECRETS=a b c", "environment: SECRETS: holds 3 secrets (one, or two by a space while they change)"},
	} {
		c, err := load(t, text, "DATABASE_URL=postgres://x", "REDIS_URL=redis://x", test.environ)
		if err != nil {
			t.Fatal(err)
		}
		got := c.Validate().Error()
		if want := "environment: TOKEN: is not set (channels.sms.token_env names it)\n" + test.want; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
