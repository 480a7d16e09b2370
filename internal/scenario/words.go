package scenario

import (
	"fmt"

	"github.com/rewave/rewave/internal/audience"
)

// refused is why a delivery failed that the provider did not take.
const refused audience.Reason = "refused"

// sentences say each reason as one would to the person who asks why.
var sentences = map[audience.Reason]string{
	audience.NotInSegment:   "the rule said no",
	audience.RuleError:      "the rule could not be evaluated for this customer",
	audience.AlreadyEntered: "entered before, and `again` does not allow another entry yet",
	audience.EntryClosed:    "entry is not open at that time: see `from` and `until`",
	audience.NoOccasion:     "the occasion is not on that day, or its date is unknown",
	audience.OtherCampaign:  "is in another campaign of the group",
	audience.Merged:         "the record lives on under another customer",
	audience.Erased:         "asked to be forgotten",
	audience.NoAddress:      "there is no address on the channel",
	audience.Suppressed:     "the address is suppressed",
	audience.NoConsent:      "never said yes",
	audience.OptedOut:       "said no",
	audience.Repurchased:    "bought since entry",
	audience.ComplaintOpen:  "a complaint is open",
	audience.Dispute:        "a payment is disputed",
	audience.FeedStale:      "nobody can tell whether an order came in meanwhile: the feed of orders is silent",
	audience.Capped:         "had as many messages as the cap allows",
	audience.Outranked:      "the cap's room is kept for a campaign that goes before",
	audience.CoolingDown:    "another campaign wrote not long ago",
	audience.Blackout:       "it is a day without messages",
	audience.DayBudget:      "the campaign has spent its money of the day",
	audience.CouponsGone:    "the pool has no code for them",
	audience.Budget:         "the message does not fit the budget any more",
	audience.Rate:           "the campaign has sent its messages of this minute",
	audience.QuietHours:     "it is in quiet hours",
	audience.OutsideWindow:  "it is outside the wave's hours",
	audience.OnHold:         "everything, or its channel, is on hold",
	audience.ProviderRests:  "the provider takes nothing for a while",
	audience.WarmUp:         "the channel has had its messages of the day",
	audience.Paused:         "the campaign is paused",
	audience.Cancelled:      "the campaign was cancelled",
	audience.Requires:       "the wave it requires was not accepted",
	audience.Late:           "its time was over",
	audience.Held:           "it was held until its time was over",
	audience.Holdout:        "held out: the ghost of a message",
	audience.Skip:           "skipped by lot: the ghost of a message",
	audience.Template:       "the message cannot be rendered for this customer",
	refused:                 "the provider refused it",
}

// because is a reason with its word.
func because(why audience.Reason) string {
	if why == "" {
		return ""
	}
	return fmt.Sprintf("%s (%s)", sentences[why], why)
}
