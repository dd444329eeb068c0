package eks

func buildAddon(c *component) error {
	core, err := c.coreOf()
	if err != nil {
		return err
	}
	inputs := map[string]value{"clusterName": c.clusterName(core)}
	for _, name := range []string{
		"addonName", "addonVersion", "preserve", "resolveConflictsOnCreate", "resolveConflictsOnUpdate", "serviceAccountRoleArn", "tags",
	} {
		inputs[name] = c.raw(name)
	}
	if c.given("configurationValues") {
		m := marks{}
		values := plain(c.raw("configurationValues"), &m)
		if m.unknown || m.secret || len(m.dependencies) > 0 {
			// JSON.stringify of an output is Node's text about that mistake, which EKS then refuses.
			// (docs/reference/real-plugins.md 1, row 4; pulumi-eks, nodejs/eks/addons/addon.ts)
			return refuse("InvalidParameterException: ConfigurationValue provided in request is not supported: " +
				"Calling [toJSON] on an [Output<T>] is not supported.")
		}
		inputs["configurationValues"] = asJSON([]value{values})
	}
	_, err = c.register(child{typ: awsAddonType, name: c.Name, inputs: inputs})
	return err
}
