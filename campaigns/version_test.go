package campaigns

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// edits are changes of a good fixture, each with the hashes it must change.
func edits() []edit {
	return []edit{
		{"whole", "a comment", "# yaml", "# other", ""},
		{"whole", "the order of keys", "says: Bring the new buyers of Double 11 back; five rounds.\nowner: retention@shop.example\n", "owner: retention@shop.example\nsays: Bring the new buyers of Double 11 back; five rounds.\n", ""},
		{"whole", "a default written down", "again: after 180d", "again: after  180d", ""},
		{"whole", "the default on stale orders written down", "exit: [repurchased]", "exit: [repurchased]\nif_feed_stale: wait", ""},
		{"whole", "the default priority written down", "{per_customer: 4 in 14d}", "{per_customer: 4 in 14d, priority: 50}", ""},
		{"whole", "the default metrics written down", "at overall_30d", "at overall_30d\n  metrics: [orders, revenue, profit]", ""},
		{"whole", "no metric but the primary", "at overall_30d", "at overall_30d\n  metrics: [repurchase_rate]", "version"},
		{"whole", "what it says", "five rounds", "5 rounds", "version"},
		{"whole", "the end of entry", "2027-06-01", "2027-07-01", "version"},
		{"whole", "the slot", "10:00", "11:00", "version"},
		{"whole", "a window of the day", "09:30", "09:00", "version"},
		{"whole", "when a wave without a point goes out", "wait: 2w", "wait: 3w", "version design"}, // the end of the sequence moves
		{"whole", "a ramp", "expires_after: 2d", "ramp: 1h\n    expires_after: 2d", "version design"},
		{"whole", "expiry", "expires_after: 2d", "expires_after: 1d", "version"},
		{"whole", "the cap", "4 in 14d", "3 in 14d", "version"},
		{"whole", "the message", "message: messages/thanks", "message: messages/coupon", "version"},
		{"whole", "the rule", ">= 299", ">= 300", "version design"},
		{"whole", "the share", "33.3%", "33.4%", "version design"},
		{"whole", "the share, left to us", "33.3%", "auto", "version design"},
		{"whole", "again", "again: after 180d", "again: never", "version design"},
		{"whole", "the rounds", "times: 5", "times: 4", "version design"},
		{"whole", "a window of evaluation", "window: 10d", "window: 11d", "version design"},
		{"whole", "when a wave with a point goes out", "after: 1d", "after: 2d", "version design"},
		{"whole", "the primary point", "at overall_30d", "at programme", "version design"},
		{"whole", "the kind of entry", `schedule: {at: "2026-11-12 10:00"}`, `occasion: {date: "11-12", at: "10:00"}`, "version design"},
		{"whole", "a slot that recurs", `{at: "2026-11-12 10:00"}`, `{every: monday, at: "10:00"}`, "version design"},

		{"everything", "the rhythm of slots", "BYDAY=1MO", "BYDAY=2MO", "version"},
		{"everything", "a recurrence in other words", `rrule: "FREQ=MONTHLY;BYDAY=1MO", at: "10:00", since: "2026-01-01"`, `every: month, at: "10:00"`, "version"},
		{"everything", "the day slots count from", "2026-01-01", "2026-02-01", "version"},
		{"everything", "holds", "[dispute, complaint_open]", "[dispute]", "version"},
		{"everything", "the order of holds", "[dispute, complaint_open]", "[complaint_open, dispute]", ""},
		{"everything", "what to do on stale orders", "if_feed_stale: skip", "if_feed_stale: send", "version"},
		{"everything", "the text of the strata", "by: customer.region", "by: customer.zone", "version design"},
		{"everything", "what is said of a stratum", "concern: safety", "concern: taste", "version"},
		{"everything", "a stratum", "    daily: {}", "    daily: {}\n    more: {}", "version design"},
		{"everything", "the order of the strata", "    食品: {concern: safety, claim: \"No additives: none\"}\n    daily: {}", "    daily: {}\n    食品: {concern: safety, claim: \"No additives: none\"}", ""},
		{"everything", "the stratum of everybody else", "default: daily", "default: 食品", "version design"},
		{"everything", "the message of a stratum", "messages/care-food", "messages/care", "version"},
		{"everything", "the coupon of a stratum", "food-10", "all-10", "version"},
		{"everything", "no coupon for a stratum", "default: {coupon: none}", "default: {message: messages/care}", "version"},
		{"everything", "the channels", "[sms, email]", "[email, sms]", "version"},
		{"everything", "the pool", "{pool: all-10, ", "{pool: short-5, ", "version"},
		{"everything", "how long a code is valid", "expires: 10d", "expires: 11d", "version"},
		{"everything", "what to do without codes", "if_exhausted: wait", "if_exhausted: send", "version"},
		{"everything", "a default of the coupon written down", "{pool: food-10}", "{pool: food-10, if_exhausted: skip}", ""},
		{"everything", "the share that is skipped", "skip: 12.5%", "skip: 12%", "version design"},
		{"everything", "no skip, left to us", "    skip: 12.5%\n", "", "version design"},
		{"everything", "the shares of the variants", "33.3%}\n      short: {share: 66.7%", "33.4%}\n      short: {share: 66.6%", "version design"},
		{"everything", "the name of a variant", "plain: {", "simple: {", "version design"},
		{"everything", "the order of the variants", "      plain: {share: 33.3%}\n      short: {share: 66.7%, message: messages/hello, coupon: {pool: short-5, if_exhausted: send}}", "      short: {share: 66.7%, message: messages/hello, coupon: {pool: short-5, if_exhausted: send}}\n      plain: {share: 33.3%}", "version design"},
		{"everything", "the message of a variant", "messages/hello", "messages/care", "version"},
		{"everything", "the coupon of a variant", "pool: short-5", "pool: all-10", "version"},
		{"everything", "what stops a wave", ", unless: [repurchased]", "", "version"},
		{"everything", "one reason, or a list of it", "unless: [repurchased]", "unless: repurchased", ""},
		{"everything", "consent of a service", "    consent: marketing\n", "", "version"},
		{"everything", "caps of a service", "caps: true", "caps: false", "version"},
		{"everything", "messages a minute", "per_minute: 600", "per_minute: 601", "version"},
		{"everything", "the budget", "20000.50", "20000", "version"},
		{"everything", "the priority", "priority: 0", "priority: 1", "version"},
		{"everything", "the group", "group: seasonal", "group: winter", "version"},
		{"everything", "the metrics", "[revenue, repurchase_rate]", "[revenue]", "version"},
		{"everything", "a look", "[round, thanks_10d]", "[round]", "version design"},
		{"everything", "the order of the looks", "[round, thanks_10d]", "[thanks_10d, round]", ""},
		{"everything", "the cohorts", "cohort: month", "cohort: week", "version design"},
		{"everything", "how figures are split", "by: [stratum, customer.locale]", "by: [stratum]", "version"},
		{"everything", "what is expected", "enrollments: 5000", "enrollments: 6000", "version"},
		{"everything", "the natural rate that is expected", "natural_rate: 6%", "natural_rate: 7%", "version"},
		{"everything", "the redemption that is expected", "redemption: 8.25%", "redemption: 8%", "version"},

		{"whole", "a wave more", "  - wave: care\n", "  - wave: extra\n    after: 2d\n    channels: [sms]\n    message: messages/hello\n  - wave: care\n", "version"},
		{"whole", "a wave less", "  - wave: care\n    after: {wave: coupon, wait: 2w, requires: accepted}\n    channels: [email]\n    message: messages/coupon\n", "", "version design"}, // the end of the sequence moves
		{"whole", "a wave with another name", "wave: care", "wave: help", "version"},
		{"whole", "a wave with another name and time", "wave: care\n    after: {wave: coupon, wait: 2w, requires: accepted}", "wave: help\n    after: {wave: coupon, wait: 2w}", "version"},
		{"whole", "a wave in place of another", "wave: care\n    after: {wave: coupon, wait: 2w, requires: accepted}\n    channels: [email]\n    message: messages/coupon", "wave: sale\n    after: {wave: thanks, wait: 17d}\n    channels: [sms]\n    message: messages/hello", "version"},
		{"whole", "the first day of entry", "from: \"2026-11-12\"\n", "", "version"},
		{"whole", "an exit less", "exit: [repurchased]\n", "", "version"}, // stale orders are another matter then
		{"whole", "no cap", "limits: {per_customer: 4 in 14d}\n", "", "version"},
		{"whole", "the blanks of the rule", ">= 299 and", ">= 299   and", "version design"},
		{"whole", "no holdout", "holdout: 33.3%", "holdout: none\nbecause: everybody deserves thanks", "version design"},
		{"whole", "a point less", "    programme: {from: entry, window: 180d}\n", "", "version design"},
		{"whole", "a skip more", "kind: promotion", "skip: 10%", "version design"},
		{"whole", "a whole lot", "says: Bring the new buyers of Double 11 back; five rounds.\nowner: retention@shop.example\n\nenter:\n  schedule: {at: \"2026-11-12 10:00\"}", "says: Bring them back.\nenter:\n  on: {event: \"Double 11\"}", "version design"},
		{"double11", "the whole split", "    variants:\n      plain: {share: 50%, message: messages/coupon, coupon: {pool: d11-20-off, expires: 10d}}\n      no-coupon: {share: 50%, message: messages/hello}\n", "    message: messages/coupon\n", "version design"},
		{"double11", "the share, found by us", "holdout: auto", "holdout: 20%", "version design"},
		{"mother-and-baby", "the first reading of strata", "strata:\n  by: order.category                     # first of the mixed basket by value, frozen at entry\n  values: {food: {concern: safety}, clothing: {concern: wear}, daily: {}, durable: {}}", "strata:\n  by: customer.region\n  values: {food: {concern: taste}, clothing: {}, daily: {concern: price}}", "version design"},
		{"service", "the event", "Order Delayed", "Order Lost", "version design"},
		{"service", "a service that becomes a promotion", "kind: service, after: 0m, channels: [sms, email], message: messages/thanks}]", "after: 0m, channels: [sms, email], message: messages/thanks}]\nholdout: none\nbecause: a trial", "version design"},
		{"occasion", "the attribute", "of: 生日", "of: birthday", "version design"},
		{"occasion", "how far ahead", "before: 2w", "before: 7d", "version design"},
		{"occasion", "the time of day", "10:00", "11:00", "version"},
		{"occasion", "no skip, as written", ", skip: 0%", "", "version design"},
		{"occasion-date", "the date", "02-29", "02-28", "version design"},
	}
}

type edit struct{ file, name, old, new, want string }

func (e edit) load(t *testing.T) (was, now Campaign) {
	t.Helper()
	base := slurp(t, "testdata/"+e.file+".good.yaml")
	text := strings.Replace(base, e.old, e.new, 1)
	if text == base {
		t.Fatal("nothing changed")
	}
	return loaded(t, folder(base)), loaded(t, folder(text))
}

// What each change does to the two hashes.
func TestVersionAndDesign(t *testing.T) {
	t.Parallel()
	for _, test := range edits() {
		t.Run(test.file+": "+test.name, func(t *testing.T) {
			t.Parallel()
			was, now := test.load(t)
			var got []string
			if now.Version != was.Version {
				got = append(got, "version")
			}
			if now.Design != was.Design {
				got = append(got, "design")
			}
			if diff := cmp.Diff(strings.Join(got, " "), test.want); diff != "" {
				t.Errorf("-got +want\n%s", diff)
			}
		})
	}
}

func loaded(t *testing.T, files fstest.MapFS) Campaign {
	t.Helper()
	c, err := Load(files, "c", Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A corrected message is another version of the same experiment, in whatever file
// it was corrected.
func TestMessagesAreContent(t *testing.T) {
	t.Parallel()
	base := slurp(t, "testdata/everything.good.yaml")
	was := loaded(t, folder(base))
	for _, file := range []string{"thanks/subject.txt", "thanks/text.txt", "thanks/body.html", "thanks/sms.txt", "care/zh/text.txt", "care/zh/sms.txt"} {
		files := folder(base)
		files["c/messages/"+file] = &fstest.MapFile{Data: []byte("Corrected")}
		if now := loaded(t, files); now.Version == was.Version || now.Design != was.Design {
			t.Errorf("%s: version changed %v, design changed %v", file, now.Version != was.Version, now.Design != was.Design)
		}
	}
}

// If these change, every stored version and design is another one: each running
// campaign would be applied anew and each experiment restarted.
func TestHashesAreForEver(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		file string
		want [2]string
	}{
		{"whole.good.yaml", [2]string{ // written before there were SMS, locales, strata and variants
			"9fd7fc43c23a3a8f7026316b0c1dcd1064b77b476fa5d2e84f7b4fd9b38e178c",
			"699d54a20d3df1700278966437d83e03d49333438a3c35d394d26fac4326ffef",
		}},
		{"everything.good.yaml", [2]string{
			"bf5e514db91dcdc343c7ec094835995baf5f0ffbd98e9da1ebbb848e53dcd41a",
			"c196ba4affd742c2eaa695c3be9453682783e579238864be6b21aaf8934ff455",
		}},
		{"occasion.good.yaml", [2]string{
			"bb22bfda0b59332a5e049539f17163ba4994f840b5310f10366d73a6e93616bd",
			"e697af24f3f7080e63bb5794b62b342b7ebe132380ad8c9b66336895a03757b5",
		}},
		{"service.good.yaml", [2]string{
			"f4b5d447e47be173d3ab75e8e8e1e04da6c0c779ff33c3175b617e46166235ff",
			"f2f1093de9269f6e2b2049016907feeb5a3bc10004061b67e457b10e9f41e64d",
		}},
	} {
		t.Run(test.file, func(t *testing.T) {
			t.Parallel()
			files := folder(slurp(t, "testdata/"+test.file))
			if test.file == "whole.good.yaml" {
				delete(files, "c/messages/thanks/sms.txt")
				delete(files, "c/messages/coupon/sms.txt")
			}
			c, err := Load(files, "c", Options{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([2]string{c.Version, c.Design}, test.want); diff != "" {
				t.Errorf("-got +want\n%s", diff)
			}
		})
	}
}
