package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// key is a setting: a flag of the same name (with hyphens), the environment variable
// PTD_<NAME>, a key of ptdconfig.yaml, and a default, in this order.
type key struct {
	name     string
	boolean  bool
	list     bool // the flag may be repeated, other values are separated by commas
	fallback string
	flag     bool // there is a flag
	usage    string
}

// settingKeys are the keys (docs/reference/config-and-cli.md 3.2).
var settingKeys = []key{
	{name: "verbose", boolean: true, fallback: "false", flag: true, usage: "say more, also about what does not change"},
	{name: "targets_config_dir", fallback: "infra", flag: true,
		usage: "the directory with __ctrl__ and __work__; relative to the top directory unless it begins with . or .."},
	{name: "top", usage: "the top directory"},
	{name: "sandbox", boolean: true, fallback: "false", flag: true, usage: "use simulated clouds"},
	{name: "sandbox_dir", fallback: filepath.Join(".ptd", "sandbox"), flag: true, usage: "where the sandbox is kept"},
	{name: historyKey, fallback: "20",
		usage: "how many operations the history of each stack keeps, with the state that each led to"},
	{name: realKey, list: true, flag: true,
		usage: "in the sandbox, run the real plugin of this `PART`: eks, kubernetes=KUBECONFIG or postgresql=URL; repeated, or separated by commas"},
	{name: unawaitedKey, boolean: true, fallback: "false", flag: true,
		usage: "with a real kubernetes, do not wait for what controllers would do"},
}

const historyKey = "history_limit"

func (k key) flagName() string    { return strings.ReplaceAll(k.name, "_", "-") }
func (k key) environment() string { return "PTD_" + strings.ToUpper(k.name) }

// origin is where the value of a setting comes from.
type origin string

// The origins, in order of precedence.
const (
	fromFlag        origin = "flag"
	fromEnvironment origin = "environment"
	fromFile        origin = "file"
	fromDefault     origin = "default"
)

// setting is a value and where it comes from: its origin, and in words.
type setting struct {
	Value  string `json:"value"`
	Origin origin `json:"origin"`
	Source string `json:"source"`
}

func (s setting) is() bool {
	on, _ := strconv.ParseBool(s.Value)
	return on
}

// settings are the values of all keys.
type settings struct {
	values map[string]setting
	// file is the ptdconfig.yaml that was read, "" when there is none.
	file string
	// warnings are about the file.
	warnings []string
	// real are the parts of the sandbox that are real, as they were named; they may hold a
	// password, which values does not.
	real []string
	// historyLimit is at least 1.
	historyLimit int
	// targets is the absolute targets directory, sandbox the sandbox's directory.
	targets, sandbox setting
}

// settings finds the values of all keys.
func (p *program) settings() (*settings, error) {
	file, err := p.readConfigFile()
	if err != nil {
		return nil, err
	}
	s := &settings{values: map[string]setting{}, file: file.path, warnings: file.warnings}
	for _, k := range settingKeys {
		if s.values[k.name], err = p.setting(k, file); err != nil {
			return nil, err
		}
		if k.list {
			s.real = p.list(k, s.values[k.name])
			found := s.values[k.name]
			found.Value = strings.Join(hideRealParts(s.real), ",")
			s.values[k.name] = found
		}
	}
	limit := s.values[historyKey]
	if s.historyLimit, err = strconv.Atoi(limit.Value); err != nil || s.historyLimit < 1 {
		return nil, fmt.Errorf("%s of %s is %q: want a whole number, 1 or more", historyKey, limit.Source, limit.Value)
	}
	if s.values["top"].Value == "" {
		s.values["top"] = p.top(s.values["targets_config_dir"].Value)
	}
	s.targets = p.targetsDirectory(s.values["targets_config_dir"], s.values["top"].Value)
	s.sandbox = s.values["sandbox_dir"]
	s.sandbox.Value = p.from(p.directory, s.sandbox.Value)
	return s, nil
}

// setting finds the value of one key.
func (p *program) setting(k key, file configFile) (setting, error) {
	found := setting{Value: k.fallback, Origin: fromDefault, Source: "default"}
	if value, ok := file.values[k.name]; ok {
		found = setting{Value: value, Origin: fromFile, Source: file.path}
	}
	if value, ok := p.lookup(k.environment()); ok {
		found = setting{Value: value, Origin: fromEnvironment, Source: k.environment()}
	}
	if value, ok := p.line.value(k.flagName()); ok && k.flag {
		found = setting{Value: value, Origin: fromFlag, Source: "--" + k.flagName()}
	}
	if problem := emptiness(found.Value, k.list); problem != "" && found.Origin != fromDefault {
		return setting{}, fmt.Errorf("%s of %s %s: give it a value or leave it out", k.name, found.Source, problem)
	}
	if k.boolean {
		on, err := strconv.ParseBool(found.Value)
		if err != nil {
			return setting{}, fmt.Errorf("%s of %s is %q: want true or false", k.name, found.Source, found.Value)
		}
		found.Value = strconv.FormatBool(on)
	}
	return found, nil
}

// top finds the top directory, which holds the targets directory, when no setting
// names it: PROJECT_ROOT; else the directory that has this program at .local/bin and
// the targets beside it; else the top of the working directory's git repository; else
// the working directory.
func (p *program) top(targets string) setting {
	if root := p.environment("PROJECT_ROOT"); strings.TrimSpace(root) != "" {
		return setting{Value: root, Origin: fromEnvironment, Source: "PROJECT_ROOT"}
	}
	executable := p.executable
	if resolved, err := filepath.EvalSymlinks(executable); err == nil {
		executable = resolved
	}
	local := filepath.Join(".local", "bin")
	if bin := filepath.Dir(executable); executable != "" && strings.HasSuffix(bin, string(filepath.Separator)+local) {
		root := strings.TrimSuffix(bin, string(filepath.Separator)+local)
		if info, err := os.Stat(filepath.Join(root, targets)); err == nil && info.IsDir() {
			return setting{Value: root, Origin: fromDefault, Source: "the place of this program"}
		}
	}
	for directory := p.directory; directory != ""; directory = filepath.Dir(directory) {
		if _, err := os.Stat(filepath.Join(directory, ".git")); err == nil {
			return setting{Value: directory, Origin: fromDefault, Source: "the git repository"}
		}
		if directory == filepath.Dir(directory) {
			break
		}
	}
	return setting{Value: p.directory, Origin: fromDefault, Source: "the working directory"}
}

// targetsDirectory makes the targets directory absolute: relative to the top directory,
// or, when it begins with . or .., to the working directory.
func (p *program) targetsDirectory(named setting, top string) setting {
	base := p.from(p.directory, top)
	slashed := filepath.ToSlash(named.Value)
	if first, _, _ := strings.Cut(slashed, "/"); first == "." || first == ".." {
		base = p.directory
	}
	named.Value = p.from(base, named.Value)
	return named
}

// from makes a path absolute; ~/ is the home directory.
func (p *program) from(base, path string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok && p.environment("HOME") != "" {
		return filepath.Join(p.environment("HOME"), rest)
	}
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(base, path)
}

// globalFlags are the settings that were given as flags, as words that give them
// again: what a command that is printed for later use needs.
func (p *program) globalFlags() []string {
	var words []string
	for _, k := range settingKeys {
		value, ok := p.line.value(k.flagName())
		switch {
		case !ok || !k.flag || k.name == "verbose":
		case k.boolean:
			if on, _ := strconv.ParseBool(value); on {
				words = append(words, "--"+k.flagName())
			} else {
				words = append(words, "--"+k.flagName()+"=false")
			}
		case k.list:
			for _, part := range hideRealParts(p.line.all(k.flagName())) {
				words = append(words, "--"+k.flagName(), part)
			}
		default:
			words = append(words, "--"+k.flagName(), value)
		}
	}
	return words
}
