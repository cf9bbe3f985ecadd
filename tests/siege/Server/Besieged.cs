using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Nexo.Client;
using Nexo.Crash.Server;
using Nexo.Protocol;

namespace Nexo.Siege.Server;

/// <summary>A server with every port open, TLS beside plain on each, and one user who may do everything.</summary>
internal sealed class Besieged : IAsyncDisposable
{
    public const string User = "witness";
    public const string Password = "siege";

    private readonly ServerProcess _process;
    private readonly List<string> _alarms = [];

    private Besieged(ServerProcess process, string directory)
    {
        _process = process;
        Directory = directory;
        process.Printed = Look;
    }

    public string Directory { get; }

    public ServerProcess Process => _process;

    /// <summary>Where hostile bytes go: native, Redis, MQTT, HTTP.</summary>
    public IReadOnlyList<int> Ports => [_process.Port, _process.RespPort, _process.MqttPort, _process.HttpPort];

    /// <summary>Lines of its log that tell of a defect.</summary>
    public IReadOnlyList<string> Alarms
    {
        get
        {
            lock (_alarms)
            {
                return [.. _alarms];
            }
        }
    }

    public static async Task<Besieged> StartAsync(
        SiegeOptions options,
        IEnumerable<string> settings,
        IReadOnlyList<string> wrapper,
        CancellationToken cancel,
        Durability store = Durability.Fsync)
    {
        string directory = Path.Combine(options.Scratch, Guid.NewGuid().ToString("N"));
        System.IO.Directory.CreateDirectory(directory);
        WriteCertificate(directory);
        var launch = new ServerLaunch
        {
            Program = options.Program,
            DataDirectory = Path.Combine(directory, "data"),
            Durability = store,
            Wrapper = wrapper,
            Settings =
            [
                $"security.users={User}:{await HashAsync(options.Program, cancel)}",
                $"tls.certificate={Path.Combine(directory, "server.pem")}",
                $"tls.key={Path.Combine(directory, "server.key")}",
                "tls.mode=allow", "resp.port=0", "mqtt.port=0", "mqtt.websocket=true",
                .. settings,
            ],
        };
        return new Besieged(await ServerProcess.StartAsync(launch, cancel), directory);
    }

    /// <summary>A client of the one who may.</summary>
    public async Task<NexoClient> ConnectAsync(CancellationToken cancel) => await NexoClient.ConnectAsync(
        new NexoClientOptions
        {
            Url = $"nexo://127.0.0.1:{_process.Port}",
            User = User,
            Password = Password,
            ConnectTimeout = TimeSpan.FromSeconds(30),
            RequestTimeout = TimeSpan.FromSeconds(30),
        },
        cancel);

    /// <summary>A connection from some address of this machine, so that those of one are not used up.</summary>
    public static async Task<Socket> OpenAsync(int port, int from, CancellationToken cancel)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.Bind(new IPEndPoint(new IPAddress([127, 0, (byte)(1 + (from / 250 % 250)), (byte)(1 + (from % 250))]), 0));
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancel);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Cuts it without a farewell, so that no port waits for late packets.</summary>
    public static void Cut(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            // The server has cut it already.
        }

        socket.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    private void Look(string line)
    {
        if (line.Contains("\"LogLevel\":\"Error\"", StringComparison.Ordinal)
            || line.Contains("\"LogLevel\":\"Critical\"", StringComparison.Ordinal)
            || line.StartsWith("Unhandled", StringComparison.Ordinal)
            || line.StartsWith("   at ", StringComparison.Ordinal))
        {
            lock (_alarms)
            {
                _alarms.Add(line);
            }
        }
    }

    private static async Task<string> HashAsync(IReadOnlyList<string> program, CancellationToken cancel)
    {
        var start = new ProcessStartInfo(program[0], [.. program.Skip(1), "config", "hash-password"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using var hashing = System.Diagnostics.Process.Start(start)!;
        await hashing.StandardInput.WriteAsync(Password);
        hashing.StandardInput.Close();
        string hash = await hashing.StandardOutput.ReadToEndAsync(cancel);
        await hashing.WaitForExitAsync(cancel);
        return hash.Trim();
    }

    private static void WriteCertificate(string directory)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        using X509Certificate2 certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(30));
        File.WriteAllText(Path.Combine(directory, "server.pem"), certificate.ExportCertificatePem());
        string keyFile = Path.Combine(directory, "server.key");
        File.WriteAllText(keyFile, key.ExportPkcs8PrivateKeyPem());
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(keyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }
}
