package webhook

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/rewave/rewave/internal/channel"
)

// Ask looks a reference up: GET LOOKUP/REF is answered by 404, or by JSON with a
// state: accepted, delivered, bounced or failed. Who delivered or bounced it has
// taken it. An error means that nothing was learnt.
func (c *Channel) Ask(ctx context.Context, ref string) (channel.Finding, error) {
	if c.opts.Lookup == "" {
		return channel.Finding{}, fmt.Errorf("%s cannot be asked for a message", c.opts.Name)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(c.opts.Lookup, "/")+"/"+url.PathEscape(ref), nil)
	if err != nil {
		return channel.Finding{}, fmt.Errorf("the address to look messages up at is not one")
	}
	c.authorize(req)
	resp, err := c.client.Do(req)
	if err != nil {
		return channel.Finding{}, fmt.Errorf("look up: %s", broken(ctx, err, false).Reason)
	}
	defer resp.Body.Close() // as for Send
	a := read(resp)
	switch resp.StatusCode {
	case http.StatusNotFound:
		return channel.Finding{}, nil
	case http.StatusOK:
	default:
		return channel.Finding{}, fmt.Errorf("look up: HTTP %d", resp.StatusCode)
	}
	found := channel.Finding{Found: true, ProviderID: a.id(), Reason: a.Reason}
	switch a.State {
	case "accepted", "delivered", "bounced":
		found.Verdict, found.Reason = channel.Accepted, ""
	case "failed":
		found.Verdict = channel.Failed
	default:
		return channel.Finding{}, fmt.Errorf("look up: the provider's state %.40q is none of accepted, delivered, bounced, failed", a.State)
	}
	return found, nil
}
