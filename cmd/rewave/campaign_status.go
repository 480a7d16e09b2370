package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/postgres"
)

func (a *app) campaignSteer(verb, status, says string) *cobra.Command {
	var because string
	c := &cobra.Command{Use: verb + " CAMPAIGN", Short: says, Args: operands,
		Example: fmt.Sprintf(`  rewave campaign %[1]s win-back --because "the price is wrong"
  rewave campaign %[1]s win-back --because "the price is wrong" --json
  rewave campaign status win-back`, verb),
		RunE: func(c *cobra.Command, args []string) error {
			if status == "cancelled" && strings.TrimSpace(because) == "" {
				return fault.New(fault.Usage, "campaign cancel: it cannot be undone; say why, for the record", fmt.Sprintf("rewave campaign cancel %s --because \"the price is wrong\"", args[0]))
			}
			l, err := a.open(c.Context())
			if err != nil {
				return err
			}
			defer l.close()
			did, err := l.store.SetStatus(c.Context(), args[0], status, strings.TrimSpace(because))
			if err != nil {
				return err
			}
			if a.json {
				return a.print(struct {
					Campaign string `json:"campaign"`
					Status   string `json:"status"`
					Changed  bool   `json:"changed"`
					Because  string `json:"because,omitempty"`
					Since    string `json:"since"`
					Waiting  int64  `json:"waiting"` // planned messages
					Held     int64  `json:"held"`    // those of the holdout, which nobody gets
					Expires  string `json:"first_expires,omitempty"`
				}{args[0], status, did.Changed, did.Because, timestamp(did.Since), did.Waiting, did.Held, stamp(did.Expires)})
			}
			_, err = fmt.Fprintln(a.stdout, wrap(args[0]+" is ", steered(args[0], status, because, did, l.config.Shop.Zone)))
			return err
		}}
	c.Flags().StringVar(&because, "because", "", "the `REASON`, kept on record")
	return c
}

// steered says what a change of status means for the messages that wait.
func steered(name, status, because string, did postgres.Steered, zone *time.Location) string {
	says := status
	if !did.Changed {
		says += " already (since " + did.Since.In(zone).Format("2006-01-02 15:04") + ")"
	}
	if did.Because != "" {
		says += " because " + did.Because
	}
	if said := strings.TrimSpace(because); !did.Changed && said != "" && said != did.Because {
		says += map[bool]string{true: " (that reason stays)", false: " (nothing changes, and the reason is not kept)"}[did.Because != ""]
	}
	messages, wait, they, first := count(int(did.Waiting), "planned message"), "wait", "they expire", "the first "
	if did.Waiting == 1 {
		wait, they, first = "waits", "it expires", ""
	}
	switch {
	case did.Waiting == 0:
		return says + "; no message is planned"
	case status == "paused":
		says += "; " + messages + " " + wait + " until the campaign is resumed or " + they + ", " + first + did.Expires.In(zone).Format("2006-01-02 15:04")
		if did.Because == "" {
			says += fmt.Sprintf("; say why, for the record: rewave campaign pause %s --because REASON", name)
		}
		return says
	case status == "cancelled":
		return says + "; " + messages + " will not go out"
	}
	return says + "; " + messages + " will go out when due"
}

// stamp is an instant for programs, empty where there is none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return timestamp(t)
}

// short is enough of a hash for people.
func short(hash string) string { return hash[:min(12, len(hash))] }

// content is the hash of what a campaign says, without the design it is under.
func content(hash string) string {
	hash, _, _ = strings.Cut(hash, "/")
	return hash
}
