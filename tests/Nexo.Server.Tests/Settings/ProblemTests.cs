using Nexo.Server.Settings;

namespace Nexo.Server.Tests.Settings;

public sealed class ProblemTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("store.maxmemory", "store.max-memory")]
    [InlineData("max-memory", "store.max-memory")]
    [InlineData("network.prot", "network.port")]
    [InlineData("network.htp-port", "network.http-port")]
    [InlineData("stor.durabilty", "store.durability")]
    public void An_unknown_setting_names_itself_its_place_and_the_nearest_known_one(string wrong, string meant)
    {
        string problem = Assert.Single(Flags((wrong, "1")));

        Assert.StartsWith($"{wrong} (--set {wrong}) is no setting; did you mean ", problem);
        Assert.Contains(meant, problem);
    }

    [Fact]
    public void A_name_like_no_setting_gets_no_wild_guess()
    {
        string problem = Assert.Single(Flags(("quite.something-else", "1")));

        Assert.DoesNotContain("did you mean", problem);
        Assert.Contains("nexo config lists them all", problem);
    }

    [Fact]
    public void Variables_of_a_kubernetes_service_called_nexo_are_no_problem() =>
        Assert.Empty(Problems(new()
        {
            Variables = new Dictionary<string, string>
            {
                ["NEXO_PORT"] = "tcp://10.0.0.1:7654",
                ["NEXO_PORT_7654_TCP_ADDR"] = "10.0.0.1",
                ["NEXO_SERVICE_HOST"] = "10.0.0.1",
            },
        }));

    [Fact]
    public void A_variable_that_is_no_setting_is_a_problem()
    {
        string problem = Assert.Single(Problems(new() { Variables = new Dictionary<string, string> { ["NEXO_STORE_MAX_MEMORY"] = "1gb" } }));

        Assert.Contains("environment variable NEXO_STORE_MAX_MEMORY", problem);
        Assert.Contains("did you mean store.max-memory?", problem);
    }

    [Theory]
    [InlineData("network.port", "65536", "a number from 0 to 65535")]
    [InlineData("backup.schedule", "0 3 * *", "five fields")]
    [InlineData("backup.schedule", "every 0s", "an interval is whole days")]
    [InlineData("backup.schedule", "0 0 31 2 *", "never comes")]
    [InlineData("backup.keep", "0", "a number from 1 to 10000")]
    [InlineData("network.port", "-1", "a number from 0 to 65535")]
    [InlineData("network.port", "", "a number from 0 to 65535")]
    [InlineData("network.port", "99999999999999999999", "a number")]
    [InlineData("network.http-port", "-2", "a number from -1 to 65535")]
    [InlineData("network.bind", "example.org", "an IP address")]
    [InlineData("network.insecure", "yes", "true or false")]
    [InlineData("connections.frame-bytes-max", "64kb", "a size from 128kb to 512mb")]
    [InlineData("connections.frame-bytes-max", "513mb", "a size from 128kb to 512mb")]
    [InlineData("connections.hello-timeout", "99ms", "a duration from 100ms to 10m")]
    [InlineData("connections.hello-timeout", "11m", "a duration from 100ms to 10m")]
    [InlineData("store.max-memory", "1.5gb", "a size")]
    [InlineData("store.max-memory", "lots", "a size")]
    [InlineData("store.shards", "3", "a power of two")]
    [InlineData("store.shards", "512", "a power of two")]
    [InlineData("store.eviction", "lru", "refuse, evict")]
    [InlineData("log.format", "xml", "text, json")]
    public void A_value_that_will_not_do_is_repeated_beside_what_would(string name, string value, string allowed)
    {
        string problem = Assert.Single(Flags((name, value)));

        Assert.StartsWith($"{name} (--set {name}): '{value}' will not do", problem);
        Assert.Contains(allowed, problem);
    }

    [Theory]
    [InlineData("interval")]
    [InlineData("fsync")]
    public void A_durability_without_a_directory_to_keep_it_in_is_refused_and_says_so(string mode)
    {
        foreach (string setting in (string[])["store.durability", "queues.durability", "topics.durability", "streams.durability"])
        {
            string problem = Assert.Single(Flags((setting, mode), ("data.directory", "none")));
            Assert.Contains($"{setting} is {mode}, and data.directory is none", problem);
        }
    }

    [Theory]
    [InlineData("auto", "none", false)]
    [InlineData("auto", "/var/lib/nexo", true)]
    [InlineData("memory", "none", false)]
    [InlineData("memory", "/var/lib/nexo", false)]
    [InlineData("interval", "/var/lib/nexo", true)]
    [InlineData("fsync", "/var/lib/nexo", true)]
    public void The_store_is_kept_when_its_durability_says_so(string mode, string directory, bool kept)
    {
        SettingsResult result = SettingsLoader.Load(new SettingsInput
        {
            WorkingDirectory = _scratch.Path,
            Flags = [new("store.durability", mode, "--set"), new("data.directory", directory, "--data")],
        });

        Assert.Empty(result.Problems);
        Assert.Equal(kept, result.Options.KeepsStore);
    }

    [Theory]
    [InlineData("auto", "none", QueuesDurability.Memory, false)]
    [InlineData("auto", "/var/lib/nexo", QueuesDurability.Fsync, true)]
    [InlineData("memory", "/var/lib/nexo", QueuesDurability.Memory, false)]
    [InlineData("interval", "/var/lib/nexo", QueuesDurability.Interval, true)]
    public void A_data_directory_is_used_when_the_queues_are_to_be_kept_too(
        string mode, string directory, QueuesDurability effective, bool kept)
    {
        SettingsResult result = SettingsLoader.Load(new SettingsInput
        {
            WorkingDirectory = _scratch.Path,
            Flags =
            [
                new("queues.durability", mode, "--set"), new("store.durability", "memory", "--set"),
                new("topics.durability", "memory", "--set"), new("streams.durability", "memory", "--set"),
                new("data.directory", directory, "--data"),
            ],
        });

        Assert.Empty(result.Problems);
        Assert.Equal((effective, kept), (result.Options.EffectiveQueuesDurability, result.Options.KeepsData));
    }

    [Theory]
    [InlineData("auto", "none", TopicsDurability.Memory, false)]
    [InlineData("auto", "/var/lib/nexo", TopicsDurability.Fsync, true)]
    [InlineData("memory", "/var/lib/nexo", TopicsDurability.Memory, false)]
    [InlineData("interval", "/var/lib/nexo", TopicsDurability.Interval, true)]
    public void A_data_directory_is_used_when_the_topics_are_to_be_kept_too(
        string mode, string directory, TopicsDurability effective, bool kept)
    {
        SettingsResult result = SettingsLoader.Load(new SettingsInput
        {
            WorkingDirectory = _scratch.Path,
            Flags =
            [
                new("topics.durability", mode, "--set"), new("store.durability", "memory", "--set"),
                new("queues.durability", "memory", "--set"), new("streams.durability", "memory", "--set"),
                new("data.directory", directory, "--data"),
            ],
        });

        Assert.Empty(result.Problems);
        Assert.Equal((effective, kept), (result.Options.EffectiveTopicsDurability, result.Options.KeepsData));
    }

    [Theory]
    [InlineData("auto", "none", StreamsDurability.Memory, false)]
    [InlineData("auto", "/var/lib/nexo", StreamsDurability.Fsync, true)]
    [InlineData("memory", "/var/lib/nexo", StreamsDurability.Memory, false)]
    [InlineData("interval", "/var/lib/nexo", StreamsDurability.Interval, true)]
    public void A_data_directory_is_used_when_the_streams_are_to_be_kept_too(
        string mode, string directory, StreamsDurability effective, bool kept)
    {
        SettingsResult result = SettingsLoader.Load(new SettingsInput
        {
            WorkingDirectory = _scratch.Path,
            Flags =
            [
                new("streams.durability", mode, "--set"), new("store.durability", "memory", "--set"),
                new("queues.durability", "memory", "--set"), new("topics.durability", "memory", "--set"),
                new("data.directory", directory, "--data"),
            ],
        });

        Assert.Empty(result.Problems);
        Assert.Equal((effective, kept), (result.Options.EffectiveStreamsDurability, result.Options.KeepsData));
    }

    [Fact]
    public void Room_for_topics_and_subscriptions_that_cannot_be_is_refused()
    {
        Assert.Contains("topics.topic-bytes-max is more", Assert.Single(
            Flags(("topics.topic-bytes-max", "65535"), ("connections.frame-bytes-max", "128kb"))));
        Assert.Contains("topics.outbox-bytes is more", Assert.Single(
            Flags(("topics.outbox-bytes", "2mb"), ("topics.outbox-bytes-max", "1mb"))));
        Assert.Contains("topics.buffered-bytes-max is less", Assert.Single(
            Flags(("topics.buffered-bytes-max", "63mb"), ("connections.frame-bytes-max", "16mb"))));
    }

    [Fact]
    public void An_empty_data_directory_is_no_directory() =>
        Assert.Contains("it is empty", Assert.Single(Flags(("data.directory", ""))));

    [Fact]
    public void All_problems_of_all_layers_are_told_at_once_even_of_values_that_are_covered()
    {
        _scratch.File("nexo.json", """{ "network": { "port": "many" }, "colour": "blue" }""");

        IReadOnlyList<string> problems = Problems(new()
        {
            Variables = new Dictionary<string, string> { ["NEXO_LOG__LEVEL"] = "loud" },
            Flags = [new("network.port", "7000", "--port"), new("store.shards", "7", "--set")],
        });

        Assert.Equal(4, problems.Count);
        Assert.Contains(problems, problem => problem.StartsWith("network.port (nexo.json, network.port): 'many' will not do"));
        Assert.Contains(problems, problem => problem.StartsWith("colour (nexo.json, colour) is no setting"));
        Assert.Contains(problems, problem => problem.StartsWith("log.level (environment variable NEXO_LOG__LEVEL): 'loud'"));
        Assert.Contains(problems, problem => problem.StartsWith("store.shards (--set store.shards): '7'"));
    }

    [Fact]
    public void The_same_setting_twice_on_the_command_line_is_a_problem()
    {
        string problem = Assert.Single(Problems(new()
        {
            Flags = [new("network.port", "1", "--port"), new("network.port", "2", "--set")],
        }));

        Assert.Equal("network.port is given twice: --port; --set network.port", problem);
    }

    [Theory]
    [InlineData("""{ "store": { "shards": 2, "shards": 4 } }""", "store.shards")]
    [InlineData("""{ "store": { "shards": 2 }, "store.shards": 4 }""", "store.shards is given twice")]
    [InlineData("""{ "store": { "shards": null } }""", "store.shards (nexo.json, store.shards) has no value")]
    [InlineData("""{ "store": { "shards": [2, 4] } }""", "'2,4' will not do")]
    [InlineData("""{ "store": { "shards": { "count": 2 } } }""", "store.shards.count")]
    [InlineData("""{ "store": 5 }""", "store (nexo.json, store) is no setting")]
    [InlineData("{\n  \"store\": {\n    \"shards\" 2\n  }\n}", "line 3, column 14")]
    [InlineData("{ \"store\": ", "line 1, column")]
    [InlineData("", "line 1, column 1")]
    [InlineData("[1]", "nexo.json: ")]
    public void A_file_that_is_wrong_says_where(string content, string part)
    {
        _scratch.File("nexo.json", content);

        string problem = Assert.Single(Problems(new()));

        Assert.Contains(part, problem);
    }

    [Fact]
    public void A_file_that_was_asked_for_and_is_not_there_is_a_problem()
    {
        string problem = Assert.Single(Problems(new() { File = "missing.json" }));

        Assert.StartsWith("--config: cannot read ", problem);
        Assert.Contains("missing.json", problem);
    }

    [Theory]
    [InlineData("ada")]
    [InlineData("ada:hunter2")]
    [InlineData("hunter2,ada:x")]
    [InlineData("ada:pbkdf2-sha256:600000:c2FsdA==:aGFzaA==")]
    [InlineData("ada:pbkdf2-sha256:1:AAAAAAAAAAAAAAAAAAAAAA==:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("ada:bcrypt:10:AAAA:BBBB")]
    public void A_bad_password_hash_stops_the_start_and_is_not_repeated(string value)
    {
        string problem = Assert.Single(Flags(("security.users", value)));

        Assert.StartsWith("security.users (--set security.users): what was given will not do: ", problem);
        Assert.DoesNotContain("hunter2", problem);
        Assert.Contains("hash-password", problem);
    }

    [Fact]
    public void A_user_that_is_there_twice_is_a_problem()
    {
        string users = $"ada:{TestSecrets.AdaHash},ada:{TestSecrets.AdaHash}";

        Assert.Contains("user 'ada' is there twice", Assert.Single(Flags(("security.users", users))));
    }

    [Fact]
    public void A_token_that_is_given_in_plain_is_refused_and_not_repeated()
    {
        string problem = Assert.Single(Flags(("security.token-sha256", "my-plain-token")));

        Assert.DoesNotContain("my-plain-token", problem);
        Assert.Contains("64 hexadecimal digits", problem);
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("192.0.2.1")]
    [InlineData("*")]
    [InlineData("::")]
    public void An_address_that_others_reach_is_refused_without_credentials_unless_insecure_is_said(string bind)
    {
        string problem = Assert.Single(Flags(("network.bind", bind)));
        Assert.Contains("security.token-sha256", problem);
        Assert.Contains("security.users", problem);
        Assert.Contains("127.0.0.1", problem);
        Assert.Contains("--insecure", problem);

        Assert.Empty(Flags(("network.bind", bind), ("network.insecure", "true")));
        Assert.Empty(Flags(("network.bind", bind), ("security.token-sha256", new string('0', 64))));
        Assert.Empty(Flags(("network.bind", bind), ("security.users", $"ada:{TestSecrets.AdaHash}")));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.9.9.9")]
    [InlineData("::1")]
    [InlineData("localhost")]
    public void An_address_of_this_machine_alone_needs_no_credentials(string bind) =>
        Assert.Empty(Flags(("network.bind", bind)));

    [Fact]
    public void Settings_that_contradict_each_other_are_problems()
    {
        Assert.Contains("both 7000", Assert.Single(Flags(("network.port", "7000"), ("network.http-port", "7000"))));
        Assert.Empty(Flags(("network.port", "0"), ("network.http-port", "0")));
        Assert.Contains("ping-after-idle", Assert.Single(Flags(("connections.idle-timeout", "30s"))));
        Assert.Empty(Flags(("connections.idle-timeout", "30s"), ("connections.ping-after-idle", "0")));
        Assert.Contains(
            "pre-auth-bytes-max",
            Assert.Single(Flags(("connections.pre-auth-bytes-max", "1mb"), ("connections.frame-bytes-max", "128kb"))));
    }

    [Fact]
    public void Backups_without_a_place_or_without_data_are_problems()
    {
        Assert.Contains("backup.directory", Assert.Single(Flags(("backup.schedule", "@daily"))));
        foreach (string within in (string[])["/srv/data", "/srv/data/", "/srv/data/backups", "/srv/other/../data/backups"])
        {
            Assert.Contains(
                "within data.directory",
                Assert.Single(Flags(("backup.schedule", "@daily"), ("backup.directory", within), ("data.directory", "/srv/data"))));
        }

        Assert.Empty(Flags(("backup.schedule", "@daily"), ("backup.directory", "/srv/data-backups"), ("data.directory", "/srv/data")));
        Assert.Contains(
            "keeps nothing on disk",
            Assert.Single(Flags(("backup.schedule", "@daily"), ("backup.directory", "b"), ("data.directory", "none"))));
    }

    [Fact]
    public void What_was_given_cannot_forge_lines_or_flood_the_message()
    {
        string problem = Assert.Single(Flags(("network.port", "1\nnexo: all is well" + new string('x', 10_000))));

        Assert.DoesNotContain('\n', problem);
        Assert.InRange(problem.Length, 1, 400);
    }

    private IReadOnlyList<string> Flags(params (string Name, string Value)[] flags) =>
        Problems(new() { Flags = [.. flags.Select(flag => new FlagValue(flag.Name, flag.Value, "--set"))] });

    private IReadOnlyList<string> Problems(SettingsInput input) =>
        SettingsLoader.Load(input with { WorkingDirectory = _scratch.Path }).Problems;
}
