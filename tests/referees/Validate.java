import eu.europa.esig.dss.diagnostic.SignatureWrapper;
import eu.europa.esig.dss.diagnostic.TimestampWrapper;
import eu.europa.esig.dss.jaxb.object.Message;
import eu.europa.esig.dss.model.DSSDocument;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.model.InMemoryDocument;
import eu.europa.esig.dss.model.x509.CertificateToken;
import eu.europa.esig.dss.simplereport.SimpleReport;
import eu.europa.esig.dss.simplereport.jaxb.XmlTimestamp;
import eu.europa.esig.dss.spi.DSSUtils;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.CommonCertificateSource;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import eu.europa.esig.dss.spi.x509.revocation.crl.ExternalResourcesCRLSource;
import eu.europa.esig.dss.validation.SignedDocumentValidator;
import eu.europa.esig.dss.validation.reports.Reports;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * EU DSS judges signed PDFs and evidence records by the ETSI EN 319 102-1 policy it ships, offline.
 *
 * <p>Reads lines {@code WORLD <tab> FILE}, or {@code WORLD <tab> EVIDENCE RECORD <tab> ITS FILE}, and answers each with one JSON line for each signature, or one for a file that has
 * none or cannot be read, and an empty line. A world is a PEM file: its self-signed certificates are trusted, its others and
 * its revocation lists are known.
 */
public final class Validate {
    private static final Pattern PEM = Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([^-]+)-----END");
    private static final Map<String, World> WORLDS = new HashMap<>();

    private Validate() {}

    private record World(CommonTrustedCertificateSource trusted, CommonCertificateSource known, List<DSSDocument> lists) {
        static World of(String path) {
            var world = new World(new CommonTrustedCertificateSource(), new CommonCertificateSource(), new ArrayList<>());
            Matcher blocks = PEM.matcher(new String(DSSUtils.toByteArray(new File(path)), StandardCharsets.US_ASCII));
            while (blocks.find()) {
                byte[] der = Base64.getMimeDecoder().decode(blocks.group(2));
                if (blocks.group(1).endsWith("CRL")) {
                    world.lists.add(new InMemoryDocument(der));
                    continue;
                }
                CertificateToken one = DSSUtils.loadCertificate(der);
                (one.isSelfSigned() ? world.trusted : world.known).addCertificate(one);
            }
            return world;
        }

        CommonCertificateVerifier verifier() {
            var verifier = new CommonCertificateVerifier(); // without sources of its own it asks nobody for revocation data
            verifier.setAIASource(null); // nor for certificates
            verifier.setTrustedCertSources(trusted);
            verifier.setAdjunctCertSources(known);
            if (!lists.isEmpty()) {
                verifier.setCrlSource(new ExternalResourcesCRLSource(lists.toArray(new DSSDocument[0])));
            }
            return verifier;
        }
    }

    public static void main(String[] args) throws IOException {
        var asked = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = asked.readLine(); line != null; line = asked.readLine()) {
            String[] words = line.split("\t");
            try {
                judge(words, WORLDS.computeIfAbsent(words[0], World::of)).forEach(facts -> System.out.println(json(facts)));
            } catch (RuntimeException | StackOverflowError error) { // of hostile files
                System.out.println(json(facts(words[1], "indication", "UNREADABLE", "errors", List.of(error.toString()))));
            }
            System.out.println();
        }
    }

    private static List<Map<String, Object>> judge(String[] words, World world) {
        String file = words[1];
        var validator = SignedDocumentValidator.fromDocument(new FileDocument(file));
        validator.setCertificateVerifier(world.verifier());
        if (words.length > 2) {
            validator.setDetachedContents(List.of(new FileDocument(words[2])));
        }
        Reports reports = validator.validateDocument();
        SimpleReport simple = reports.getSimpleReport();
        List<Map<String, Object>> found = new ArrayList<>();
        for (String id : simple.getSignatureIdList()) {
            SignatureWrapper signature = reports.getDiagnosticData().getSignatureById(id);
            List<String> stamps = signature.getTimestampList().stream().map(TimestampWrapper::getId).toList();
            found.add(facts(file,
                    "indication", simple.getIndication(id).name(),
                    "sub_indication", simple.getSubIndication(id) == null ? null : simple.getSubIndication(id).name(),
                    "signature_format", String.valueOf(simple.getSignatureFormat(id)),
                    "field", String.join("|", signature.getSignatureFieldNames()),
                    "signed_by", simple.getSignedBy(id),
                    "best_signature_time", iso(simple.getBestSignatureTime(id)),
                    "timestamps", stamps.stream().map(stamp -> simple.getIndication(stamp).name()).toList(),
                    "errors", texts(simple.getAdESValidationErrors(id)),
                    "warnings", texts(simple.getAdESValidationWarnings(id))));
        }
        for (String id : simple.getEvidenceRecordIdList()) {
            List<XmlTimestamp> stamps = simple.getEvidenceRecordTimestamps(id);
            found.add(facts(file,
                    "indication", simple.getIndication(id).name(),
                    "sub_indication", simple.getSubIndication(id) == null ? null : simple.getSubIndication(id).name(),
                    "signature_format", "RFC 4998",
                    "best_signature_time", iso(simple.getEvidenceRecordPOE(id)),
                    "timestamps", stamps.stream().map(stamp -> stamp.getIndication().name()).toList(),
                    "errors", texts(simple.getAdESValidationErrors(id)),
                    "warnings", texts(simple.getAdESValidationWarnings(id))));
        }
        return found.isEmpty() ? List.of(facts(file, "indication", "NO_SIGNATURE")) : found;
    }

    private static Map<String, Object> facts(String file, Object... pairs) {
        Map<String, Object> made = new LinkedHashMap<>();
        made.put("file", file);
        for (int i = 0; i < pairs.length; i += 2) {
            made.put((String) pairs[i], pairs[i + 1]);
        }
        return made;
    }

    private static List<String> texts(List<Message> messages) {
        return messages.stream().map(Message::getValue).toList();
    }

    private static String iso(Date moment) {
        return moment == null ? null : moment.toInstant().toString();
    }

    private static String json(Object value) {
        if (value instanceof Map<?, ?> map) {
            List<String> parts = new ArrayList<>();
            map.forEach((key, item) -> parts.add(json(key) + ": " + json(item)));
            return "{" + String.join(", ", parts) + "}";
        }
        if (value instanceof List<?> list) {
            return "[" + String.join(", ", list.stream().map(Validate::json).toList()) + "]";
        }
        return value == null ? "null" : quoted(value.toString());
    }

    /** A JSON string in ASCII alone, whatever the console's encoding. */
    private static String quoted(String text) {
        StringBuilder made = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            boolean plain = c >= ' ' && c < 127 && c != '"' && c != '\\';
            made.append(plain ? String.valueOf(c) : String.format("\\u%04x", (int) c));
        }
        return made.append('"').toString();
    }
}
