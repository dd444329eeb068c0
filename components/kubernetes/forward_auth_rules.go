package kubernetes

import (
	"fmt"
	"strings"
)

// matcher is a rule of Traefik's router: a function of texts, or a combination of
// matchers.
type matcher struct {
	function string // Host, Path, PathPrefix, HeadersRegexp
	texts    []string
	operator string // "&&" or "||"
	of       []matcher
}

func match(function string, texts ...string) matcher {
	return matcher{function: function, texts: texts}
}
func all(of ...matcher) matcher { return matcher{operator: "&&", of: of} }

// anyOf matches one of the texts.
func anyOf(function string, texts ...string) matcher {
	var of []matcher
	for _, text := range texts {
		of = append(of, match(function, text))
	}
	return either(of...)
}

func either(of ...matcher) matcher { return matcher{operator: "||", of: of} }

// text writes the matcher. It is an error if a text has a backquote, which nothing can
// escape.
func (m matcher) text() (string, error) {
	var parts []string
	for _, text := range m.texts {
		if strings.Contains(text, "`") {
			return "", fmt.Errorf("%s: the text %q must not have a backquote", m.function, text)
		}
		parts = append(parts, "`"+text+"`")
	}
	if m.function != "" {
		return m.function + "(" + strings.Join(parts, ", ") + ")", nil
	}
	for _, below := range m.of {
		text, err := below.text()
		if err != nil {
			return "", err
		}
		if below.operator != "" && below.operator != m.operator && len(below.of) > 1 {
			text = "(" + text + ")"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, " "+m.operator+" "), nil
}

// allowRule names a rule of what goes through without a login.
type allowRule struct {
	id   string
	rule matcher
}

// forwardAuthRules are the requests that need no login: those that a product authenticates
// itself, by a key or a token, and those that anybody may make.
// (docs/reference/aws-workload-apps.md 7.10)
func forwardAuthRules(domain string) []allowRule {
	const header, prefix = "HeadersRegexp", "PathPrefix"
	hosts := func(product string) matcher { return anyOf("Host", product+"."+domain, product+"-"+domain) }
	return []allowRule{
		{"ptd-flightdeck", all(match("Host", domain), either(
			match(header, "Authorization", "^B(asic|earer) .*"), match(prefix, "/static"), match(prefix, "/dl"), match(prefix, "/api"),
		))},
		{"ptd-ide", all(hosts("dev"), match(header, "Authorization", "^Bearer .*"), anyOf(prefix, "/api", "/scim/v2/"))},
		{"ptd-ide-client-heartbeat", all(hosts("dev"), match(prefix, "/heartbeat"))},
		{"ptd-pub-public", all(hosts("pub"), either(
			match(prefix, "/public"), match(prefix, "/connect/out/unauthorized/"),
			match("Path", "/connect/__favicon__"), match("Path", "/__api__/server_settings"), match("Path", "/__api__/v1/user"),
			match("Path", "/.well-known/openid-configuration"), match("Path", "/openid/v1/jwks"), match("Path", "/__api__/tokens"),
		))},
		{"ptd-pub", all(hosts("pub"), either(match(header, "X-Auth-Token", ".*"), match(header, "Authorization", "^Key .*")))},
		{"ptd-pkg", hosts("pkg")},
		{"ptd-dev-health", all(hosts("dev"), match("Path", "/health-check"), match(header, "X-PTD-Health", ".*"))},
	}
}
