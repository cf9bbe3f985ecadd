using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Nexo.Cli.Terminal;
using Nexo.Server.Security;
using Nexo.Server.Settings;

namespace Nexo.Cli.Serve;

/// <summary><c>nexo config</c>: what <c>serve</c> with the same flags would run with, and helpers for secrets.</summary>
internal static class ConfigCommand
{
    private const int TokenBytes = 32;

    public static Command Create()
    {
        var command = new Command("config", "Show the effective settings, and where each comes from");
        var flags = new SettingOptions();
        var json = new Option<bool>("--json") { Description = "One JSON object" };
        var reference = new Option<bool>("--reference") { Description = "The table of all settings, in Markdown" };
        flags.AddTo(command);
        command.Add(json);
        command.Add(reference);
        command.SetAction(parsed => Show(parsed, flags, parsed.GetValue(json), parsed.GetValue(reference)));
        command.WithoutServer();
        command.Add(HashPassword());
        command.Add(NewToken());
        command.WithExamples(
            ("What a server started here would run with", "nexo config"),
            ("Check a file before it goes live", "nexo config --config /etc/nexo.json"),
            ("One value, for a script", "nexo config --json | jq '.[\"store.max-memory\"].value'"));
        return command;
    }

    private static int Show(ParseResult parsed, SettingOptions flags, bool json, bool reference)
    {
        TextWriter output = parsed.InvocationConfiguration.Output;
        if (reference)
        {
            output.Write(SettingsReference.Markdown());
            return 0;
        }

        SettingsResult settings = SettingsLoader.Load(flags.Read(parsed));
        if (settings.Problems.Count > 0)
        {
            return SettingProblems.Write(
                parsed.InvocationConfiguration.Error, settings.Problems, "a server would not start with them");
        }

        if (json)
        {
            WriteJson(output, settings.Effective);
        }
        else
        {
            WriteTable(output, settings.Effective);
        }

        return 0;
    }

    private static void WriteTable(TextWriter output, IReadOnlyList<EffectiveSetting> settings)
    {
        int nameWidth = settings.Max(setting => setting.Name.Length);
        int valueWidth = settings.Max(setting => setting.Value.Length);
        int sourceWidth = settings.Max(setting => setting.Source.Length);
        output.WriteLine(
            $"{"SETTING".PadRight(nameWidth)}  {"VALUE".PadRight(valueWidth)}  {"FROM".PadRight(sourceWidth)}  WHAT IT DOES");
        foreach (EffectiveSetting setting in settings)
        {
            output.WriteLine(
                $"{setting.Name.PadRight(nameWidth)}  {setting.Value.PadRight(valueWidth)}  "
                + $"{setting.Source.PadRight(sourceWidth)}  {setting.Description}");
        }
    }

    private static void WriteJson(TextWriter output, IReadOnlyList<EffectiveSetting> settings)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            foreach (EffectiveSetting setting in settings)
            {
                json.WriteStartObject(setting.Name);
                json.WriteString("value", setting.Value);
                json.WriteString("default", setting.Default);
                json.WriteString("source", setting.Source);
                json.WriteString("description", setting.Description);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        output.WriteLine(Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length));
    }

    private static Command HashPassword()
    {
        var command = new Command(
            "hash-password", "Read a password from standard input and print its hash, for security.users=NAME:HASH");
        command.SetAction(parsed =>
        {
            string? password = PasswordInput.Read(CliInvocation.Of(parsed).Console);
            if (string.IsNullOrEmpty(password))
            {
                parsed.InvocationConfiguration.Error.WriteLine(
                    "nexo: there is no password on standard input; try: read -rs P && printf %s \"$P\" | nexo config hash-password");
                return 2;
            }

            parsed.InvocationConfiguration.Output.WriteLine(PasswordHash.Of(password).Format());
            return 0;
        });
        command.WithExamples(("Without leaving it in the shell's history", "nexo config hash-password < password.txt"));
        return command;
    }

    private static Command NewToken()
    {
        var command = new Command("new-token", "Make a random token: one line for clients, one for the server's settings");
        command.SetAction(parsed =>
        {
            string token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(TokenBytes));
            TextWriter output = parsed.InvocationConfiguration.Output;
            output.WriteLine($"NEXO_TOKEN={token}");
            output.WriteLine($"NEXO_SECURITY__TOKEN_SHA256={TokenHash.Of(token).Format()}");
        });
        command.WithExamples(("Two lines: the secret, and what the server is told", "nexo config new-token"));
        return command;
    }
}
