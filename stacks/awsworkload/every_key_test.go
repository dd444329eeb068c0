package awsworkload

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/components/componenttest"
	"github.com/ptd-go/ptd/stacks/config"
)

// elsewhere are the keys that no program of a stack reads, each with what does.
var elsewhere = map[string]string{
	"allow_unknown_site_fields":                               "loading of site.yaml: TestUnknownSiteFieldsAllowed",
	"append_site_lists":                                       "the merge with site.yaml: TestSiteLists",
	"aws_quotas.certificates_per_load_balancer":               "loading: limits_test.go in stacks/config",
	"aws_quotas.load_balancers_per_region":                    "as aws_quotas.certificates_per_load_balancer",
	"aws_quotas.node_groups_per_cluster":                      "as aws_quotas.certificates_per_load_balancer",
	"aws_quotas.nodes_per_node_group":                         "as aws_quotas.certificates_per_load_balancer",
	"aws_quotas.role_trust_policy_length":                     "as aws_quotas.certificates_per_load_balancer",
	"aws_quotas.vpcs_per_hosted_zone":                         "as aws_quotas.certificates_per_load_balancer",
	"clusters{}.efs_config.mount_targets_managed":             "what eks does before and after: TestMountTargets and the script file_systems",
	"clusters{}.eks_access_entries.additional_entries[].type": "the same entry with groups is refused: TestEKSCluster in components/aws",
	"control_room_account_id":                                 "what follows persistent, the secret in the control room: update_secrets_test.go",
	"control_room_cluster_name":                               "as control_room_account_id",
	"control_room_region":                                     "as control_room_account_id",
	"create_admin_policy_as_resource":                         "bootstrap: bootstrap_test.go",
	"custom_role.external_id":                                 "the credentials of a run",
	"hosted_zone_id":                                          "loading, which moves it to site main",
	"product_databases":                                       "gathering of postgres_config: the script operator_databases",
	"profile":                                                 "the credentials of a run",
}

// otherValues are values for keys of which not any text will do.
var otherValues = map[string]any{
	"clusters{}.additional_node_groups{}.taints[].effect": "NoExecute",
	"clusters{}.components.external_dns_version":          "1.15.0",
	"clusters{}.custom_k8s_resources":                     []string(nil),
	"db_engine_version":                                   "16.5",
	"existing_flow_log_target_arns":                       []string{"arn:aws:s3:::flow-logs"},
	"sites{}.traefik_forward_auth_issuer":                 "https://login.example.com",
	"vpc_az_count":                                        2,
	"vpc_cidr":                                            "10.99.0.0/16",
	"vpc_endpoints.excluded_services":                     []string{"kms"},
}

// Every key of an AWS workload's ptd.yaml changes what a stack makes (or says, which keys
// marked without effect do at loading), unless something else reads it.
func TestEveryKeyHasAnEffect(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("slow: every key in a run of its own")
	}
	bases := everyKeyBases()
	unchanged := make([][]string, len(bases))
	for i, base := range bases {
		for stack := range everyStack {
			made, err := stackOf(t, stack, base.target, base.change)
			require.NoError(t, err, base.target)
			unchanged[i] = append(unchanged[i], made)
		}
	}
	paths, visited, failed := map[string]bool{}, map[string]bool{}, map[string]error{}
	for path := range elsewhere {
		paths[path] = true // what reads it has its own test
	}
	for i, base := range bases {
		workload := load(t, base.target, base.change)
		eachKey(reflect.ValueOf(workload).Elem(), "", nil, func(path string, change func(*config.AWSWorkload)) {
			visited[path] = true
			if paths[path] {
				return
			}
			paths[path] = slices.ContainsFunc(likely(path), func(stack int) bool {
				after, err := stackOf(t, stack, base.target, base.change, change)
				if err != nil {
					failed[path] = err
				}
				return err == nil && after != unchanged[i][stack]
			})
		})
	}
	require.Greater(t, len(paths), 150)
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		assert.True(t, paths[path], "%s: no stack is another one with another value (%v)", path, failed[path])
		assert.True(t, visited[path], "%s: no key", path)
	}
}

type everyKeyBase struct {
	target string
	change func(*config.AWSWorkload)
}

// everyKeyBases are workloads in one of which each key matters.
func everyKeyBases() []everyKeyBase {
	return []everyKeyBase{
		{"demo01-staging", func(w *config.AWSWorkload) {
			w.DBParameters = map[string]string{"log_min_duration_statement": "1000"}
			w.ControlRoomDomain = "team.staging.example.com"
			w.CertManagerEnabled = true
			eachCluster(func(c *config.AWSCluster) {
				c.EFSConfig = &config.EFSConfig{FileSystemID: "fs-0123456789abcdef0", AccessPointID: "fsap-0123456789abcdef0", MountTargetsManaged: true}
				c.EKSAccessEntries.AdditionalEntries = []config.AccessEntry{{
					PrincipalARN: "arn:aws:iam::111122223333:role/other", Type: "STANDARD", KubernetesGroups: []string{"readers"},
					AccessPolicies: []config.AccessPolicy{{PolicyARN: "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy", AccessScope: config.AccessScope{Type: "namespace", Namespaces: []string{"posit-team"}}}},
				}}
				c.KarpenterConfig.NodePools[0].Taints = []config.KarpenterTaint{{Key: "a", Value: "b", Effect: "NoSchedule"}}
				c.EKSAccessEntries.IncludeSameAccountPoweruser = true
				c.ChartValues = map[string]map[string]any{"loki": {"a": 1}}
			})(w)
		}},
		{"demo01-staging", func(w *config.AWSWorkload) {
			w.SecretsStoreAddonEnabled = true
			w.ExternalDNSEnabled, w.LoadBalancerPerSite = false, true
		}},
		{"adopted01-production", func(*config.AWSWorkload) {}},
		{"tailscale01-staging", func(*config.AWSWorkload) {}},
	}
}

// eachKey visits the keys of a value that have a key in the file, each with a function that
// gives it another value in a copy of the workload.
func eachKey(v reflect.Value, path string, way []any, visit func(path string, change func(*config.AWSWorkload))) {
	leaf := func() {
		visit(path, func(w *config.AWSWorkload) {
			assign(reflect.ValueOf(w).Elem(), way, func(v reflect.Value) { otherValue(path, v) })
		})
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			field := v.Type().Field(i)
			key := field.Tag.Get("yaml")
			_, without := field.Tag.Lookup("noeffect")
			switch {
			case key == "" || key == "-" || without:
			case key == ",inline":
				eachKey(v.Field(i), path, append(slices.Clone(way), i), visit)
			default:
				eachKey(v.Field(i), strings.TrimPrefix(path+"."+key, "."), append(slices.Clone(way), i), visit)
			}
		}
	case reflect.Pointer:
		if v.IsNil() {
			return
		}
		eachKey(v.Elem(), path, append(slices.Clone(way), "*"), visit)
	case reflect.Map:
		if v.Type().Elem().Kind() != reflect.Struct {
			leaf()
			return
		}
		if v.Len() == 0 {
			return // another base has one
		}
		keys := slices.Sorted(maps.Keys(stringKeys(v)))
		key := keys[len(keys)-1] // main of the sites
		eachKey(v.MapIndex(reflect.ValueOf(key)), path+"{}", append(slices.Clone(way), key), visit)
	case reflect.Slice:
		if v.Type().Elem().Kind() != reflect.Struct {
			leaf()
			return
		}
		if v.Len() == 0 {
			return // another base has one
		}
		eachKey(v.Index(0), path+"[]", append(slices.Clone(way), 0), visit)
	default:
		leaf()
	}
}

func stringKeys(v reflect.Value) map[string]bool {
	keys := map[string]bool{}
	for _, key := range v.MapKeys() {
		keys[key.String()] = true
	}
	return keys
}

// assign changes what is at the end of a way of fields, keys and indexes.
func assign(v reflect.Value, way []any, change func(reflect.Value)) {
	if len(way) == 0 {
		change(v)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		assign(v.Field(way[0].(int)), way[1:], change)
	case reflect.Pointer:
		assign(v.Elem(), way[1:], change)
	case reflect.Slice:
		assign(v.Index(way[0].(int)), way[1:], change)
	case reflect.Map:
		key := reflect.ValueOf(way[0])
		element := reflect.New(v.Type().Elem()).Elem()
		element.Set(v.MapIndex(key))
		assign(element, way[1:], change)
		v.SetMapIndex(key, element)
	}
}

// otherValue gives a key another value than it has.
func otherValue(path string, v reflect.Value) {
	if value, ok := otherValues[path]; ok {
		v.Set(reflect.ValueOf(value).Convert(v.Type()))
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Int:
		v.SetInt(v.Int() + 1)
	case reflect.String:
		v.SetString("other" + v.String())
	case reflect.Slice:
		element := reflect.New(v.Type().Elem()).Elem()
		otherValue(path, element)
		v.Set(reflect.Append(v, element))
	case reflect.Map:
		if v.IsNil() {
			v.Set(reflect.MakeMap(v.Type()))
		}
		element := reflect.New(v.Type().Elem()).Elem()
		if element.Kind() != reflect.Struct {
			otherValue(path, element)
		}
		v.SetMapIndex(reflect.ValueOf("other"), element)
	}
}

var everyStack = []string{"persistent", "eks", "helm", "clusters", "sites", "postgres_config"}

// likely are the stacks, those first that probably read a key.
func likely(path string) []int {
	switch {
	case strings.HasPrefix(path, "clusters{}.components"), strings.HasPrefix(path, "clusters{}.karpenter"), strings.HasPrefix(path, "clusters{}.team"):
		return []int{2, 1, 3, 4, 0, 5}
	case strings.HasPrefix(path, "clusters{}"):
		return []int{1, 2, 3, 4, 0, 5}
	}
	return []int{0, 1, 2, 3, 4, 5}
}

// stackOf is what a stack registers and warns of.
func stackOf(t *testing.T, stack int, target string, changes ...func(*config.AWSWorkload)) (string, error) {
	t.Helper()
	w := load(t, target, changes...)
	r := helmRecorder()
	lookUps(r, w)
	r.Calls["aws:lb/getHostedZoneId:getHostedZoneId"] = componenttest.Answer(map[string]any{"id": "Z3AADJGX6KTTL2"})
	r.Calls["aws:iam/getRoles:getRoles"] = componenttest.Answer(map[string]any{
		"id": "roles", "names": []any{"AWSReservedSSO_PowerUser_1"},
		"arns": []any{"arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_PowerUser_1"},
	})
	log := &warnings{}
	err := r.Exec(func(ctx *pulumi.Context) (err error) {
		log.Log, ctx.Log = ctx.Log, log
		switch everyStack[stack] {
		case "persistent":
			_, err = Persistent(ctx, PersistentIn{Config: w, TargetName: w.Name, OIDCIssuers: pulumi.ToStringArray([]string{"https://oidc.example/id/1"})})
		case "eks":
			err = eksProgram(w, nil, nil)(ctx)
		case "clusters":
			_, err = Clusters(ctx, clustersIn(t, target, changes...))
		case "helm":
			in := helmIn(t, target, changes...)
			in.Persistent.ZoneIDs = sitesIn(t, target, changes...).Persistent.ZoneIDs
			_, err = Helm(ctx, in)
		case "sites":
			_, err = Sites(ctx, sitesIn(t, target, changes...))
		case "postgres_config":
			_, err = PostgresConfig(ctx, postgresIn(w))
		}
		return err
	})
	var lines []string
	for _, made := range r.All("") {
		lines = append(lines, fmt.Sprint(made.Type, made.Name, made.Protect, made.Ignore, made.Args()))
	}
	slices.Sort(lines)
	return strings.Join(append(lines, fmt.Sprint(log.said)), "\n"), err
}
