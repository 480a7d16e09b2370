package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/rewave/rewave/internal/config"
)

// BenchmarkValidate200 checks 200 campaigns of three waves, each with an e-mail
// and a text message in two languages.
func BenchmarkValidate200(b *testing.B) {
	root := b.TempDir()
	write := func(name, text string) {
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	text, err := os.ReadFile("../../campaigns/win-back/messages/miss-you/text.txt")
	if err != nil {
		b.Fatal(err)
	}
	markup, err := os.ReadFile("../../campaigns/win-back/messages/miss-you/body.html")
	if err != nil {
		b.Fatal(err)
	}
	var folders []string
	for i := range 200 {
		name := fmt.Sprintf("c-%d", i)
		folders = append(folders, filepath.Join(root, name))
		waves := ""
		for w := range 3 {
			waves += fmt.Sprintf("  - {wave: w%d, after: %dd, channels: [sms, email], message: messages/m%d}\n", w, w+1, w)
			for _, locale := range []string{"", "/zh"} {
				folder := fmt.Sprintf("%s/messages/m%d%s", name, w, locale)
				write(folder+"/subject.txt", "It has been a while")
				write(folder+"/text.txt", string(text))
				write(folder+"/body.html", string(markup))
				write(folder+"/sms.txt", "It has been a while. {{ unsubscribe_url }}")
			}
		}
		write(name+"/campaign.yaml", fmt.Sprintf("campaign: %s\nenter: {on: order_paid, when: orders.count == 1}\nholdout: 50%%\nwaves:\n%s", name, waves))
	}
	for b.Loop() {
		for _, l := range loadAll(folders, config.Config{}) {
			if l.err != nil {
				b.Fatal(l.err)
			}
		}
	}
}
