package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/urfave/cli/v2"
)

// version is set by the linker: -ldflags '-X main.version=v1.2.3'.
var version string

func (p *program) versionCommand() *cli.Command {
	return &cli.Command{
		Name: "version", Usage: "print the version",
		Flags: []cli.Flag{jsonFlag("print a JSON object")},
		Action: func(*cli.Context) error {
			if _, err := p.arguments(); err != nil {
				return err
			}
			return p.version()
		},
	}
}

// build is what this program was built from.
type build struct {
	Version string `json:"version"`
	// Commit and Modified are those of the source; "" when the build did not know.
	Commit   string `json:"commit,omitempty"`
	Modified bool   `json:"modified,omitempty"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// describeBuild puts together what the linker and the build say; info may be nil.
func describeBuild(linked string, info *debug.BuildInfo) build {
	b := build{Version: linked, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if info != nil {
		for _, setting := range info.Settings {
			switch setting.Key {
			case "vcs.revision":
				b.Commit = setting.Value
			case "vcs.modified":
				b.Modified = setting.Value == "true"
			}
		}
		if b.Version == "" && info.Main.Version != "(devel)" {
			b.Version = info.Main.Version
		}
	}
	if b.Version == "" {
		b.Version = "devel"
	}
	return b
}

func (b build) String() string {
	text := "PTD CLI " + b.Version + " ("
	if b.Commit != "" {
		text += "commit " + b.Commit[:min(12, len(b.Commit))]
		if b.Modified {
			text += ", modified"
		}
		text += "; "
	}
	return text + b.Go + " " + b.Platform + ")"
}

func (p *program) version() error {
	info, _ := debug.ReadBuildInfo()
	described := describeBuild(version, info)
	if p.json() {
		return writeJSON(p.stdout, described, "  ")
	}
	_, err := fmt.Fprintln(p.stdout, described)
	return err
}
