package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/urfave/cli/v2"
)

// TestOrder tries flags in every place.
func TestOrder(t *testing.T) {
	t.Parallel()
	for typed, ordered := range map[string]string{
		"ensure demo":                                 "ensure -- demo",
		"ensure demo --dry-run":                       "ensure --dry-run=true -- demo",
		"ensure --dry-run demo":                       "ensure --dry-run=true -- demo",
		"ensure -n demo -a":                           "ensure --dry-run=true --auto-apply=true -- demo",
		"--dry-run ensure demo":                       "ensure --dry-run=true -- demo",
		"-na ensure demo":                             "ensure --dry-run=true --auto-apply=true -- demo",
		"ensure -na demo":                             "ensure --dry-run=true --auto-apply=true -- demo",
		"ensure demo -nap=false":                      "ensure --dry-run=true --auto-apply=true --preview=false -- demo",
		"ensure demo --preview=false":                 "ensure --preview=false -- demo",
		"ensure demo -p=false":                        "ensure --preview=false -- demo",
		"ensure demo -v":                              "--verbose=true ensure -- demo",
		"-v ensure demo -lcr":                         "--verbose=true ensure --list-steps=true --cancel=true --refresh=true -- demo",
		"ensure -nv demo":                             "--verbose=true ensure --dry-run=true -- demo",
		"ensure --start-at-step helm demo":            "ensure --start-at-step=helm -- demo",
		"ensure demo --start-at-step=helm":            "ensure --start-at-step=helm -- demo",
		"--start-at-step helm ensure demo":            "ensure --start-at-step=helm -- demo",
		"ensure --only-steps a,b demo --only-steps c": "ensure --only-steps=a,b --only-steps=c -- demo",
		"ensure demo --sandbox --sandbox-dir d":       "--sandbox=true --sandbox-dir=d ensure -- demo",
		"--sandbox ensure --sandbox-dir=d demo":       "--sandbox=true --sandbox-dir=d ensure -- demo",
		"ensure -- -demo":                             "ensure -- -demo",
		"ensure --dry-run -- --preview":               "ensure --dry-run=true -- --preview",
		"ensure -":                                    "ensure -- -",
		"ensure help":                                 "ensure -- help",
		"sandbox --yes reset":                         "sandbox reset --yes=true",
		"sandbox reset -yv":                           "--verbose=true sandbox reset --yes=true",
		"--json targets":                              "targets --json=true",
		"config --json show":                          "config show --json=true",
		"--help ensure":                               "ensure --help=true",
		"ensure demo -h":                              "ensure --help=true",
		"help ensure":                                 "help -- ensure",
		"outputs demo persistent --json":              "outputs --json=true -- demo persistent",
		"--targets-config-dir x=y ensure demo":        "--targets-config-dir=x=y ensure -- demo",
		"__complete -- ensure --dry":                  "__complete -- ensure --dry",
		"":                                            "",
	} {
		t.Run(typed, func(t *testing.T) {
			t.Parallel()
			line := newDesk(t).program(strings.Fields(typed)...).line
			require.NoError(t, line.err)
			assert.Equal(t, strings.TrimSpace("ptd "+ordered), strings.Join(line.ordered(), " "))
		})
	}
}

func TestUnknown(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"ensure demo --dryrun":                       "ptd ensure has no flag --dryrun (did you mean --dry-run?); see ptd ensure --help",
		"ensure demo -dry-run":                       "ptd ensure has no flag -dry-run (did you mean --dry-run?)",
		"ensure demo --auto":                         "ptd ensure has no flag --auto (did you mean --auto-apply?)",
		"ensure demo --no-preview":                   "ptd ensure has no flag --no-preview (write --preview=false)",
		"ensure demo --sandbx":                       "ptd ensure has no flag --sandbx (did you mean --sandbox?)",
		"ensure demo --zzz":                          "ptd ensure has no flag --zzz; see",
		"ensure demo -x":                             "ptd ensure has no flag -x",
		"ensure demo -nx":                            "ptd ensure has no flag -nx",
		"hash demo --json":                           "ptd hash has no flag --json",
		"--json hash demo":                           "ptd hash has no flag --json",
		"--dry-run targets":                          "ptd targets has no flag --dry-run",
		"enshure demo":                               `ptd has no command "enshure" (did you mean ensure?)`,
		"sandbox rset":                               `ptd sandbox has no command "rset" (did you mean reset?)`,
		"ensure demo --start-at-step":                "--start-at-step needs a value",
		"ensure --start-at-step --dry-run d":         "--start-at-step needs a value and is followed by --dry-run",
		"ensure demo --preview=maybe":                "--preview=maybe: want true or false",
		"ensure demo --preview false":                "--preview false: write --preview=false",
		"ensure":                                     "ptd ensure needs <target>",
		"ensure a b":                                 `ptd ensure takes <target> only, not also "b"`,
		"targets x":                                  `ptd targets takes no arguments, not also "x"`,
		"ensure d --cancel --dry-run":                "--cancel does nothing but release locks: it cannot be combined with --dry-run",
		"ensure d --destroy --allow-replace urn:a":   "cannot be combined with --destroy",
		"ensure d --destroy --allow-take-over urn:a": "cannot be combined with --destroy",
		"ensure d --allow-take-over vpc":             `--allow-take-over: "vpc" is not a URN`,
		"ensure d --allow-replace vpc":               `--allow-replace: "vpc" is not a URN`,
		"ensure d --target-resources vpc":            `--target-resources: "vpc" is not a URN`,
		"completion tcsh":                            `there is no completion for "tcsh"; there is for bash, fish, zsh`,
	} {
		t.Run(typed, func(t *testing.T) {
			d := newDesk(t)
			assert.Equal(t, 1, d.run(strings.Fields(typed)...))
			assert.Contains(t, d.stderr.String(), "error: "+firstOf(want))
			assert.Contains(t, d.stderr.String(), want)
			assert.Empty(t, d.stdout.String())
		})
	}
}

// firstOf is enough of a message to tell that it comes first.
func firstOf(want string) string {
	if strings.HasPrefix(want, "cannot be") {
		return ""
	}
	return want
}

func TestLists(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []string{"a", "b", "c"}, names([]string{"a, b,", "c"}))
	assert.Empty(t, names([]string{""}))
	assert.Equal(t,
		[]string{"urn:pulumi:t::p::a:b:C::with,comma", "urn:pulumi:t::p::a:b:C::other", "**b**"},
		urns([]string{"urn:pulumi:t::p::a:b:C::with,comma,urn:pulumi:t::p::a:b:C::other", "**b**"}))
	assert.Equal(t, []string{"urn:a", "urn:b"}, urns([]string{"urn:a, urn:b"}))
	assert.Empty(t, urns(nil))
}

func FuzzScan(f *testing.F) {
	f.Add("ensure demo -na --only-steps=a,b -- -x")
	f.Add("--json -p=false sandbox - --")
	f.Fuzz(func(t *testing.T, typed string) {
		p := &program{}
		line := scan(p.app(), strings.Split(typed, " "))
		if line.err != nil {
			return
		}
		// What was put in order stays as it is.
		ordered := line.ordered()
		again := scan(p.app(), ordered[1:])
		require.NoError(t, again.err, ordered)
		require.Equal(t, ordered, again.ordered())
	})
}

// TestEmpty pins that what is given and empty never means the same as what is left out.
func TestEmpty(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	flags := 0
	var walk func(path []string, commands []*cli.Command)
	tried := func(path []string, flag cli.Flag) {
		if !takesValue(flag) {
			return
		}
		flags++
		values := []string{"", ",", " ", " , ,", "\t\n"}
		if _, list := flag.(*cli.StringSliceFlag); list {
			values = append(values, "urn:a,,urn:b", "urn:a,", ",urn:a", "urn:a, ,urn:b")
		}
		for _, value := range values {
			for _, words := range [][]string{
				append(slices.Clone(path), "--"+flag.Names()[0]+"="+value),
				append(slices.Clone(path), "--"+flag.Names()[0], value, "--"+flag.Names()[0], "urn:a"),
			} {
				assert.Equal(t, 1, d.run(words...), "%q", words)
				assert.Contains(t, d.stderr.String(), "error: --"+flag.Names()[0]+" ", "%q", words)
				assert.Contains(t, d.stderr.String(), ": give it a value or leave it out; see ptd", "%q", words)
				assert.Empty(t, d.stdout.String())
			}
		}
	}
	walk = func(path []string, commands []*cli.Command) {
		for _, command := range commands {
			below := append(slices.Clone(path), command.Name)
			for _, flag := range command.Flags {
				tried(below, flag)
			}
			walk(below, command.Subcommands)
		}
	}
	app := d.program().app()
	for _, flag := range app.Flags {
		tried([]string{"ensure", "demo01-staging", "--destroy"}, flag)
	}
	walk(nil, app.Commands)
	assert.GreaterOrEqual(t, flags, 9)

	for _, words := range [][]string{
		{"ensure", ""}, {"ensure", " ", "--destroy"}, {"outputs", "demo01-staging", ""}, {"hash", ""}, {"completion", ""},
	} {
		assert.Equal(t, 1, d.run(words...), "%q", words)
		assert.Contains(t, d.stderr.String(), " is empty; see ptd "+words[0]+" --help")
	}
	for _, k := range settingKeys {
		d.variables[k.environment()] = " "
		assert.Equal(t, 1, d.run("targets"), k.name)
		assert.Contains(t, d.stderr.String(), "error: "+k.name+" of "+k.environment()+" is empty: give it a value or leave it out")
		delete(d.variables, k.environment())
		d.write("ptdconfig.yaml", k.name+`: ","`)
		assert.Equal(t, 1, d.run("targets"), k.name)
		assert.Contains(t, d.stderr.String(), "error: "+k.name+" of "+d.path("ptdconfig.yaml")+" is empty: give it a value or leave it out")
		d.write("ptdconfig.yaml", "")
	}
}
