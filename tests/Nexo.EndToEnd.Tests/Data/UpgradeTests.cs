using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;
using Nexo.Cli.Tests;
using Nexo.EndToEnd.Tests.House;
using Nexo.EndToEnd.Tests.Resp;
using Nexo.Engine.Sessions;

namespace Nexo.EndToEnd.Tests.Data;

/// <summary>
/// To upgrade is to replace the binary: what each released version left when it was killed (tests/upgrade/make) is opened, and all
/// of it is there.
/// </summary>
public sealed class UpgradeTests
{
    public static TheoryData<string> Versions { get; } =
        [.. Repository.Files("tests/upgrade", "*.tar.gz").Select(path => Path.GetFileName(path)!)];

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task What_a_version_before_has_kept_is_all_there(string archive)
    {
        string folder = Directory.CreateTempSubdirectory("nexo-upgrade-").FullName;
        try
        {
            await using (FileStream file = File.OpenRead(Path.Combine(Repository.Root, "tests/upgrade", archive)))
            await using (var unzipped = new GZipStream(file, CompressionMode.Decompress))
            {
                await TarFile.ExtractToDirectoryAsync(unzipped, folder, overwriteFiles: false);
            }

            // Twice: what the first start has written is read by the second.
            for (int start = 0; start < 2; start++)
            {
                await using TestServer server = await TestServer.StartAsync(options => options with
                {
                    DataDirectory = Path.Combine(folder, "data"),
                    Resp = options.Resp with { Port = 0 },
                });
                await Check(server, "1");
                await Check(server, "2");
                SessionStats sessions = server.Native.Sessions.Stats;
                Assert.Equal((2, 2, 2), (sessions.Sessions, sessions.Subscriptions, sessions.Messages));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task Check(TestServer server, string part)
    {
        var session = new CliSession(server.Url);
        await session.Expect($"text {part}", 0, "store", "get", $"value{part}");
        await session.Expect("Ada", 0, "store", "hget", $"hash{part}", "name");
        await session.Expect("1", 0, "store", "get", $"counter{part}");
        CliResult ttl = await session.Run(["store", "ttl", $"lasting{part}"]);
        Assert.True(long.Parse(ttl.Output, CultureInfo.InvariantCulture) > 0);

        await session.Expect("one\ntwo\nthree\nfour\n", 0, "stream", "read", $"log{part}", "--from", "beginning");
        await Shows(session, "\"position\":2", "stream", "group", "show", $"log{part}", "readers", "--json");
        await Shows(session, "11", "stream", "read", $"prices{part}", "--key", "gold", "--last", "1");

        foreach (string count in (string[])["\"ready\":1", "\"delayed\":1", "\"dead\":1"])
        {
            await Shows(session, count, "queue", "stats", $"jobs{part}", "--json");
        }

        await Shows(session, "waits", "queue", "peek", $"jobs{part}");
        await Shows(session, "broken", "queue", "dlq", "list", $"jobs{part}");
        await Shows(session, "Europe/Berlin", "queue", "schedule", "list", "--json");
        await Shows(session, $"nightly{part}", "queue", "schedule", "list");
        await Shows(session, "\"ready\":1", "queue", "stats", $"orders{part}", "--json");
        await Shows(session, $"orders{part}/#", "bind", "list", "--json");
        await Shows(session, $"rooms/kitchen{part}", "retained", "list");

        await using RespPeer redis = await RespPeer.ConnectAsync(server);
        Assert.Equal("[\"b\", \"c\", \"d\"]", await redis.CallAsync($"LRANGE list{part} 0 -1"));
        Assert.Equal(":1", await redis.CallAsync($"SISMEMBER set{part} x"));
        Assert.Equal(":2", await redis.CallAsync($"SCARD set{part}"));
        Assert.Equal("[\"least\", \"one\", \"two\"]", await redis.CallAsync($"ZRANGE sorted{part} 0 -1"));
        Assert.Equal("\"1.5\"", await redis.CallAsync($"ZSCORE sorted{part} one"));
    }

    private static async Task Shows(CliSession session, string what, params string[] args)
    {
        CliResult result = await session.Run(args);
        Assert.True(result.Output.Contains(what, StringComparison.Ordinal), $"{string.Join(' ', args)}: {result.Output}{result.Error}");
    }
}
