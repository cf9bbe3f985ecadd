using CsCheck;
using Nexo.Server.Settings;

namespace Nexo.Server.Tests.Settings;

public sealed class TextFormTests
{
    private static readonly long[] UnitsMs = [1, 1_000, 60_000, 3_600_000];

    [Theory]
    [InlineData("0", 0)]
    [InlineData("65536", 65_536)]
    [InlineData("64kb", 65_536)]
    [InlineData("64 KB", 65_536)]
    [InlineData("7b", 7)]
    [InlineData("1gb", 1L << 30)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("8388607tb", 8_388_607L << 40)]
    public void A_size_is_read(string text, long bytes)
    {
        Assert.True(SizeText.TryParse(text, out long read));
        Assert.Equal(bytes, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("kb")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData("1,000")]
    [InlineData("1.5gb")]
    [InlineData("1 k b")]
    [InlineData("8388608tb")]
    [InlineData("9223372036854775808")]
    public void What_is_no_size_is_not_read(string text) => Assert.False(SizeText.TryParse(text, out _));

    [Theory]
    [InlineData("0", 0)]
    [InlineData("250", 250)]
    [InlineData("500ms", 500)]
    [InlineData("30s", 30_000)]
    [InlineData("5m", 300_000)]
    [InlineData("2 H", 7_200_000)]
    [InlineData("9223372036854775807ms", long.MaxValue)]
    public void A_duration_is_read(string text, long milliseconds)
    {
        Assert.True(DurationText.TryParse(text, out long read));
        Assert.Equal(milliseconds, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("-5s")]
    [InlineData("1.5s")]
    [InlineData("5d")]
    [InlineData("9223372036854775807s")]
    public void What_is_no_duration_is_not_read(string text) => Assert.False(DurationText.TryParse(text, out _));

    [Fact]
    public void A_size_that_is_printed_reads_back_the_same() =>
        Gen.Select(Gen.Long[0, 1L << 20], Gen.Int[0, 42]).Select((n, shift) => n << shift)
            .Sample(bytes => SizeText.TryParse(SizeText.Print(bytes), out long read) && read == bytes);

    [Fact]
    public void A_duration_that_is_printed_reads_back_the_same() =>
        Gen.Select(Gen.Long[0, 100_000_000], Gen.Int[0, 3].Select(i => UnitsMs[i])).Select((n, unit) => n * unit)
            .Sample(ms => DurationText.TryParse(DurationText.Print(ms), out long read) && read == ms);

    [Fact]
    public void Options_that_are_printed_setting_by_setting_read_back_the_same() =>
        GenOptions.Sample(options =>
        {
            SettingsResult result = SettingsLoader.Load(new SettingsInput
            {
                WorkingDirectory = Path.GetTempPath(),
                Flags =
                [
                    .. SettingCatalog.All.Where(setting => !setting.IsSecret)
                        .Select(setting => new FlagValue(setting.Name, setting.Print(options), "--set")),
                ],
            });
            return result.Problems.Count == 0 && result.Options == options;
        });

    [Fact]
    public void Arbitrary_text_is_read_or_refused_and_never_thrown_at() =>
        Gen.Select(Gen.Int[0, SettingCatalog.All.Count - 1], Gen.String).Sample((index, text) =>
        {
            var options = new NexoServerOptions();
            Setting setting = SettingCatalog.All[index];
            bool read = setting.TryApply(text, ref options, out _);
            return read == setting.TryApply(setting.Print(options), ref options, out _) || !read;
        });

    [Fact]
    public void The_reference_names_every_setting_once()
    {
        string[] lines = SettingsReference.Markdown().Split('\n');

        Assert.All(SettingCatalog.All, setting =>
            Assert.Single(lines, line => line.StartsWith($"| `{setting.Name}`", StringComparison.Ordinal)));
        Assert.Equal(SettingCatalog.All.Count, SettingCatalog.All.Select(setting => setting.Name).Distinct().Count());
    }

    private static Gen<NexoServerOptions> GenOptions { get; } = Gen.Select(
        Gen.Int[1, 32_767],
        Gen.Int[32_768, 65_535],
        Gen.Bool,
        Gen.Int[1, 1_000_000],
        Gen.Int[100, 600_000],
        Gen.Long[0, 1L << 43],
        Gen.Int[0, 8],
        Gen.Int[0, 3],
        (port, httpPort, insecure, connections, hello, memory, shards, durability) => new NexoServerOptions
        {
            Network = new() { Port = port, HttpPort = httpPort, Insecure = insecure, UnixSocket = insecure ? "/tmp/x.sock" : null },
            Connections = new() { ConnectionsMax = connections, HelloTimeoutMs = hello },
            Store = new()
            {
                MaxMemory = memory,
                Shards = shards == 0 ? 0 : 1 << shards,
                Durability = (StoreDurability)(insecure ? durability % 2 : durability),
            },
            Storage = new() { SyncIntervalMs = hello / 10, SnapshotRate = memory, SnapshotIntervalMs = hello },
            DataDirectory = insecure ? null : "/var/lib/nexo",
        });
}
