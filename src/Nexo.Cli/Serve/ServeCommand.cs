using System.CommandLine;
using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;
using Nexo.Cli.Terminal;
using Nexo.Server;
using Nexo.Server.Hosting;
using Nexo.Server.Settings;

namespace Nexo.Cli.Serve;

/// <summary><c>nexo serve</c>: the server, until a signal ends it.</summary>
internal static class ServeCommand
{
    private const int StartFailed = 1;
    private const long ManagedBytesOfStart = 16L * 1_024 * 1_024;

    private static readonly long LoadedAt = Stopwatch.GetTimestamp();

    public static Command Create()
    {
        var command = new Command("serve", "Run the server until SIGTERM or Ctrl-C");
        var options = new SettingOptions();
        options.AddTo(command);
        command.WithoutServer();
        command.SetAction((parsed, cancel) => RunAsync(parsed, options, cancel));
        command.WithExamples(
            ("Serve on 127.0.0.1, ports 7654 and 7655", "nexo serve"),
            ("Choose free ports, and print them", "nexo serve --port 0 --http-port 0"),
            ("Bound the memory, and make room by itself", "nexo serve --set store.max-memory=2gb --set store.eviction=evict"),
            ("Take the settings from a file", "nexo serve --config /etc/nexo.json"));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, SettingOptions flags, CancellationToken cancel)
    {
        TextWriter error = parsed.InvocationConfiguration.Error;
        SettingsInput input = flags.Read(parsed);
        SettingsResult settings = SettingsLoader.Load(input);
        if (settings.Problems.Count > 0)
        {
            return SettingProblems.Write(error, settings.Problems, "the server does not start");
        }

        NexoServer.PrepareProcess(settings.Options.Network);
        try
        {
            await using WebApplication app = NexoServer.Build(settings.Options, handleSignals: true, input);
            await app.StartAsync(CancellationToken.None);
            if (cancel.IsCancellationRequested)
            {
                // The signal came before the host listened to it.
                app.Lifetime.StopApplication();
            }

            if (await NexoServer.WhenReadyAsync(app))
            {
                WriteReady(parsed.InvocationConfiguration.Output, settings.Options.Log.Format, NexoServer.Addresses(app));
                GiveBackStart();
            }

            await app.WaitForShutdownAsync(CancellationToken.None);
            return 0;
        }
        catch (ServerStartException failure)
        {
            await error.WriteLineAsync($"nexo: the server does not start: {failure.Message}");
            return StartFailed;
        }
    }

    // Settings, the container and the command line are used once. With data of its own in the managed heap (filters, say) the pause
    // would be felt, and what it gives back would not.
    private static void GiveBackStart()
    {
        if (GC.GetTotalMemory(forceFullCollection: false) < ManagedBytesOfStart)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        }
    }

    // The program's one result, for a person or for the script that started it: so standard output, not the log.
    private static void WriteReady(TextWriter output, LogFormat format, ServerAddresses addresses)
    {
        long readyInMs = (long)SinceProcessStart().TotalMilliseconds;
        if (format == LogFormat.Text)
        {
            output.WriteLine($"nexo {NexoServer.Version} ready in {readyInMs} ms: {addresses}");
            output.Flush();
            return;
        }

        using var line = new MemoryStream();
        using (var json = new Utf8JsonWriter(line))
        {
            json.WriteStartObject();
            json.WriteString("event", "ready");
            json.WriteString("version", NexoServer.Version);
            json.WriteNumber("ready_ms", readyInMs);
            json.WriteString("native", addresses.Native);
            json.WriteString("http", addresses.Http);
            json.WriteString("unix_socket", addresses.UnixSocket);
            json.WriteString("resp", addresses.Resp);
            json.WriteString("mqtt", addresses.Mqtt);
            json.WriteEndObject();
        }

        output.WriteLine(System.Text.Encoding.UTF8.GetString(line.GetBuffer(), 0, (int)line.Length));
        output.Flush();
    }

    // Where /proc is not to be had it is from the first use of this command on.
    private static TimeSpan SinceProcessStart()
    {
        try
        {
            using Process self = Process.GetCurrentProcess();
            return TimeProvider.System.GetLocalNow() - self.StartTime;
        }
        catch (Exception failure) when (failure is Win32Exception or InvalidOperationException)
        {
            return Stopwatch.GetElapsedTime(LoadedAt);
        }
    }
}
