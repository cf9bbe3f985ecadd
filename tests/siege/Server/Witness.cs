using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Nexo.Siege.Floods;

namespace Nexo.Siege.Server;

/// <summary>
/// Somebody who does ordinary work meanwhile: a SET and a GET every few milliseconds, each timed. It has a thread and a socket that
/// blocks, so that it waits for the server and not for what else this process does.
/// </summary>
internal sealed class Witness : IAsyncDisposable
{
    private const int BetweenMs = 5;
    private const int PatienceMs = 30_000;

    private readonly Socket _socket;
    private readonly Thread _thread;
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly byte[] _answer = new byte[1_024];
    private List<double> _laps = [];
    private int _failures;
    private string? _firstFailure;
    private volatile bool _isEnding;

    private Witness(Socket socket)
    {
        _socket = socket;
        _thread = new Thread(Work) { IsBackground = true, Name = "witness" };
        _thread.Start();
    }

    /// <exception cref="SocketException">The server does not let it in.</exception>
    public static async Task<Witness> BeginAsync(Besieged server, CancellationToken cancel)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
            ReceiveTimeout = PatienceMs,
            SendTimeout = PatienceMs,
        };
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, server.Process.RespPort), cancel);
        await socket.SendAsync(HostileBytes.Resp("AUTH", Besieged.User, Besieged.Password), cancel);
        byte[] answer = new byte[256];
        int read = await socket.ReceiveAsync(answer, cancel);
        return answer.AsSpan(0, read).SequenceEqual("+OK\r\n"u8)
            ? new Witness(socket)
            : throw new InvalidOperationException($"the witness was not let in: {Encoding.UTF8.GetString(answer, 0, read)}");
    }

    /// <summary>What it has seen since it was asked last.</summary>
    public WitnessReport Take()
    {
        lock (_gate)
        {
            _laps.Sort();
            var report = new WitnessReport(_laps.Count, _failures, _firstFailure, At(0.5), At(0.99), At(1));
            (_laps, _failures, _firstFailure) = ([], 0, null);
            return report;
        }

        double At(double share) => _laps.Count == 0 ? 0 : _laps[Math.Min(_laps.Count - 1, (int)(share * _laps.Count))];
    }

    public async ValueTask DisposeAsync()
    {
        _isEnding = true;
        await _ended.Task;
        _socket.Dispose();
    }

    private void Work()
    {
        byte[] get = HostileBytes.Resp("GET", "witness");
        try
        {
            for (int number = 0; !_isEnding; number++)
            {
                string value = number.ToString("D16", System.Globalization.CultureInfo.InvariantCulture);
                Ask(HostileBytes.Resp("SET", "witness", value), "+OK\r\n");
                Ask(get, $"$16\r\n{value}\r\n");
                Thread.Sleep(BetweenMs);
            }
        }
        catch (SocketException failure)
        {
            Fail($"the connection has ended: {failure.Message}");
        }
        finally
        {
            _ended.SetResult();
        }
    }

    private void Ask(byte[] request, string expected)
    {
        long since = Stopwatch.GetTimestamp();
        _socket.Send(request);
        int read = 0;
        while (read < expected.Length)
        {
            int more = _socket.Receive(_answer.AsSpan(read));
            if (more == 0)
            {
                throw new SocketException((int)SocketError.ConnectionReset);
            }

            read += more;
            if (_answer[0] == (byte)'-')
            {
                break;
            }
        }

        string answer = Encoding.UTF8.GetString(_answer, 0, read);
        if (answer != expected)
        {
            Fail($"it was answered {answer.TrimEnd()}");
        }

        lock (_gate)
        {
            _laps.Add(Stopwatch.GetElapsedTime(since).TotalMilliseconds);
        }
    }

    private void Fail(string what)
    {
        lock (_gate)
        {
            _failures++;
            _firstFailure ??= what;
        }
    }
}

/// <summary>How a witness was served: milliseconds for one command.</summary>
internal sealed record WitnessReport(int Commands, int Failures, string? FirstFailure, double P50Ms, double P99Ms, double MaxMs);
