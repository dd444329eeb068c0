package awsworkload

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/components/componenttest"
	"github.com/ptd-go/ptd/stacks/config"
)

func TestSiteIngress(t *testing.T) {
	t.Parallel()
	const alb, dns = "alb.ingress.kubernetes.io/", "external-dns.alpha.kubernetes.io/"
	annotations := func(r *componenttest.Recorder, name string) map[string]any {
		made := r.Find(t, ingressType, name)
		metadata := made.Args()["metadata"].(map[string]any)
		if metadata["namespace"] != "traefik" {
			t.Errorf("%s is in namespace %v", name, metadata["namespace"])
		}
		return metadata["annotations"].(map[string]any)
	}
	r := mustRunSites(t, sitesIn(t, "tailscale01-staging"))
	got := annotations(r, "tailscale01-staging-20250201-main-traefik-ingress")
	for key, want := range map[string]any{
		alb + "certificate-arn": load(t, "tailscale01-staging").Sites["main"].CertificateARN, alb + "scheme": "internal",
		alb + "healthcheck-path": "/ping", alb + "healthcheck-port": "32090", alb + "subnets": nil,
		alb + "tags":           "posit.team/true-name=tailscale01,posit.team/environment=staging,Name=tailscale01-staging",
		dns + "set-identifier": "tailscale01-staging-20250201-main", dns + "aws-weight": "50",
		dns + "hostname": "*.tailscale.staging.example.com,tailscale.staging.example.com",
	} {
		if got[key] != want {
			t.Errorf("%s: %v, want %v", key, got[key], want)
		}
	}
	labels := r.All(ingressType)[0].Args()["metadata"].(map[string]any)["labels"]
	want := map[string]any{"posit.team/managed-by": "ptd.pulumi_resources.aws_workload_helm", "app": "traefik", "site": "main"}
	assert.Equal(t, want, labels, "labels")

	r = mustRunSites(t, sitesIn(t, "adopted01-production", balancerPerSite))
	got = annotations(r, "adopted01-production-20250301-main-traefik-ingress")
	if got[alb+"subnets"] != "corp-private-a,corp-private-b,corp-private-c" || got[dns+"hostname"] != nil {
		t.Errorf("annotations %v", got)
	}

	// Each site's own certificate.
	for site, arn := range map[string]string{"analytics": "arn:first", "main": "arn:second"} {
		got = annotations(mustRunSites(t, sitesIn(t, "demo01-staging", balancerPerSite)), "demo01-staging-20250115-"+site+"-traefik-ingress")
		if got[alb+"certificate-arn"] != arn || got[alb+"scheme"] != "internet-facing" {
			t.Errorf("annotations of %s: %v", site, got)
		}
	}
	if made := mustRunSites(t, sitesIn(t, "demo01-staging")).All(ingressType); len(made) > 0 {
		t.Errorf("the shared load balancer is not of this stack, but %d were made", len(made))
	}
}

// records are, by set and name, zone, target and weight.
func records(r *componenttest.Recorder) map[string]string {
	found := map[string]string{}
	for _, record := range r.All(recordType) {
		args := record.Args()
		alias := args["aliases"].([]any)[0].(map[string]any)
		weight := args["weightedRoutingPolicies"].([]any)[0].(map[string]any)["weight"]
		found[fmt.Sprint(args["setIdentifier"], " ", args["name"])] = fmt.Sprint(args["zoneId"], " ", alias["name"], " ", alias["zoneId"], " ", weight)
	}
	return found
}

func TestSiteRecords(t *testing.T) {
	t.Parallel()
	// Two sites with one domain have one record of it.
	shareDomain := func(w *config.AWSWorkload) { w.Sites["twin"] = w.Sites["analytics"] }
	got := records(mustRunSites(t, sitesIn(t, "demo01-staging", addRelease, withoutExternalDNS, shareDomain)))
	want := map[string]string{}
	for _, domain := range []string{"demo.staging.example.com", "analytics.staging.example.com"} {
		for release, weight := range map[string]string{"20250115": "100", "20260401": "5"} {
			for _, name := range []string{domain, "*." + domain} {
				want["demo01-staging-"+release+" "+name] = "zone-of-" + domain + " " + release + "." + balancerName + " Z3AADJGX6KTTL2 " + weight
			}
		}
	}
	assert.Equal(t, want, got, "records")

	got = records(mustRunSites(t, sitesIn(t, "demo01-staging", withoutExternalDNS, balancerPerSite)))
	want = map[string]string{}
	for site, domain := range map[string]string{"main": "demo.staging.example.com", "analytics": "analytics.staging.example.com"} {
		for _, name := range []string{domain, "*." + domain} {
			want["demo01-staging-20250115-"+site+" "+name] = "zone-of-" + domain + " " + balancerName + " Z3AADJGX6KTTL2 100"
		}
	}
	assert.Equal(t, want, got, "records per site")
}

// A record has one owner, and the outputs say which.
func TestOneOwnerOfRecords(t *testing.T) {
	t.Parallel()
	const domains = "demo.staging.example.com and *.demo.staging.example.com"
	othersZones := func(w *config.AWSWorkload) { w.ExternalDNSEnabled, w.HostedZoneManagementEnabled = false, false }
	for want, test := range map[string]struct {
		change  func(*config.AWSWorkload)
		records int
	}{
		"ExternalDNS makes the records of":                                         {func(*config.AWSWorkload) {}, 0},
		"ptd makes the records of":                                                 {withoutExternalDNS, 4},
		"others manage the zones (hosted_zone_management_enabled is false): point": {othersZones, 0},
	} {
		r := sitesRecorder()
		outputs, err := runSites(r, sitesIn(t, "demo01-staging", balancerPerSite, test.change))
		if err != nil {
			t.Fatal(err)
		}
		info := resolve(t, outputs)["dns_info"].value.(string)
		if !strings.HasPrefix(info, want) || !strings.Contains(info, domains) {
			t.Errorf("info %q, want %q", info, want)
		}
		annotated := 0
		for _, ingress := range r.All(ingressType) {
			annotations := ingress.Args()["metadata"].(map[string]any)["annotations"].(map[string]any)
			if _, ok := annotations["external-dns.alpha.kubernetes.io/hostname"]; ok {
				annotated++
			}
		}
		if got := len(r.All(recordType)); got != test.records || (annotated > 0) == (got > 0 || strings.HasPrefix(want, "others")) {
			t.Errorf("%s: %d records, %d annotated", want, got, annotated)
		}
	}
}
