using Nexo.Cli.Terminal;
using Nexo.Client;
using Nexo.Protocol;

namespace Nexo.Cli.Store.Transfer;

/// <summary>
/// One <c>store load</c>: lines in, records out, errors and progress on the way, a summary at the end.
/// </summary>
internal sealed class LoadSession
{
    private const int ErrorsShownMax = 20;

    private readonly ClientRun _run;
    private readonly LineReader _lines;
    private readonly RecordParser _parser;
    private readonly bool _goOn;
    private readonly StoreLoader _loader;
    private readonly long _startedAt;
    private LoadError? _first;
    private long _badLines;
    private bool _stop;

    public LoadSession(ClientRun run, LineReader lines, RecordParser parser, bool goOn)
    {
        _run = run;
        _lines = lines;
        _parser = parser;
        _goOn = goOn;
        _loader = new StoreLoader(run.Store, Report, run.Cancel);
        _startedAt = run.Console.Time.GetTimestamp();
    }

    private long Failed => _badLines + _loader.Failed;

    public async Task<int> RunAsync(long? length)
    {
        try
        {
            await TransferProgress.ShowAsync(
                _run, "loading", length, () => (_lines.BytesRead, _loader.Stored), ReadAllAsync);
        }
        catch (Exception failure) when (failure is NexoException or OperationCanceledException or IOException)
        {
            await _loader.SettleAsync();
            _run.Remark($"{StoreResults.Count(_loader.Stored, "entry", "entries")} stored before that");
            throw;
        }

        return Summarize();
    }

    private async Task ReadAllAsync()
    {
        do
        {
            while (!_stop && _lines.TryTake(out ReadOnlyMemory<byte> line))
            {
                await LineAsync(line);
            }
        }
        while (!_stop && await _lines.FillAsync(_run.Cancel));

        await _loader.FinishAsync();
    }

    private async ValueTask LineAsync(ReadOnlyMemory<byte> line)
    {
        ReadOnlyMemory<byte> text = _lines.LineNumber == 1 && line.Span.StartsWith("\uFEFF"u8) ? line[3..] : line;
        if (text.Span.Trim(" \t\r"u8).IsEmpty)
        {
            return;
        }

        StoreRecord record;
        try
        {
            record = _parser.Parse(text.Span);
        }
        catch (BadRecordException bad)
        {
            _badLines++;
            Report(new LoadError(_lines.LineNumber, bad.Message, ErrorCode.None));
            return;
        }

        await _loader.AddAsync(record, _lines.LineNumber);
    }

    private void Report(LoadError error)
    {
        _first ??= error;
        _stop = !_goOn;
        if (_goOn && Failed <= ErrorsShownMax)
        {
            FailureReport.Write(_run.Console, _run.Settings.Json, _run.Settings.Color, AsFailure(error, null));
        }
    }

    private int Summarize()
    {
        if (_first is { } first && !_goOn)
        {
            throw AsFailure(
                first,
                $"{StoreResults.Count(_loader.Stored, "entry", "entries")} stored; "
                + "--continue skips bad lines and reports them");
        }

        TimeSpan elapsed = _run.Console.Time.GetElapsedTime(_startedAt);
        double perSecond = _loader.Stored / Math.Max(elapsed.TotalSeconds, 0.001);
        string failed = Failed == 0 ? "" : $", {Failed:N0} failed";
        _run.Out.Result(
            $"{_loader.Stored}",
            $"{StoreResults.Count(_loader.Stored, "entry", "entries")} stored{failed} "
            + _run.Out.Dim($"in {elapsed.TotalSeconds:N2}s, {perSecond:N0}/s"),
            json =>
            {
                json.WriteNumber("stored", _loader.Stored);
                json.WriteNumber("failed", Failed);
                json.WriteNumber("seconds", Math.Round(elapsed.TotalSeconds, 3));
            });
        return _first is null ? ExitCode.Ok : AsFailure(_first, null).ExitCode;
    }

    private static CliFailure AsFailure(LoadError error, string? hint)
    {
        bool isBadLine = error.Code == ErrorCode.None;
        return new CliFailure(
            isBadLine ? ExitCode.Usage : ExitCode.Refused,
            isBadLine ? "bad_line" : ClientFailures.SnakeCase($"{error.Code}"),
            $"line {error.Line}: {error.Reason}",
            hint)
        {
            Line = error.Line,
        };
    }
}
