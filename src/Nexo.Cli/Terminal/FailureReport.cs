using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Nexo.Cli.Terminal;

/// <summary>Writes failures to standard error: for people what happened and what to do, or one JSON object.</summary>
internal static class FailureReport
{
    public static int Write(CliConsole console, bool json, bool color, CliFailure failure)
    {
        if (json)
        {
            console.Error.WriteLine(AsJson(failure));
        }
        else
        {
            bool paint = color && console.ErrorIsTerminal;
            console.Error.WriteLine(paint ? $"\e[31mnexo:\e[0m {failure.Message}" : $"nexo: {failure.Message}");
            if (failure.Hint is { } hint)
            {
                console.Error.WriteLine($"  {hint.Replace("\n", "\n  ", StringComparison.Ordinal)}");
            }
        }

        if (failure.InnerException is { } cause && console.Variable("NEXO_DEBUG") == "1")
        {
            console.Error.WriteLine(cause.ToString());
        }

        console.Error.Flush();
        return failure.ExitCode;
    }

    private static string AsJson(CliFailure failure)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer, JsonExtensions.WriterOptions);
        json.WriteStartObject();
        json.WriteStartObject("error");
        json.WriteString("code", failure.Code);
        json.WriteString("message", failure.Message);
        if (failure.Hint is { } hint)
        {
            json.WriteString("hint", hint);
        }

        if (failure.Line is { } line)
        {
            json.WriteNumber("line", line);
        }

        json.WriteBoolean("retryable", failure.Retryable);
        json.WriteNumber("exit_code", failure.ExitCode);
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
